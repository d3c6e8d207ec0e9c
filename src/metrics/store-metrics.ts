import { DirectoryError } from '../directory/errors.js';
import { observeStore, type StoreOperation } from '../directory/observed-store.js';
import type { Commit, Store, StoreStatistics } from '../directory/store.js';
import { Histogram, SECONDS, SIZES } from './histogram.js';
import { gauge, histogram, sample, type MetricObject } from './metric-object.js';
import { Tally } from './tally.js';

/** Reasons of errors that are failures of the store, and not of the request. */
const FAILURES: readonly string[] = ['unavailable', 'exhausted'];

/** Statistics that take longer are left out of a scrape. */
const STATISTICS_TIMEOUT_MS = 2000;

/** Counts what a store does. */
export class StoreMetrics {
  readonly #operations = new Map<StoreOperation, Histogram>();
  readonly #errors = new Tally([...FAILURES, 'internal']);
  readonly #commitSeconds = new Histogram(SECONDS);
  readonly #commitWrites = new Histogram(SIZES);
  #store: Store | undefined;

  /** For `onCommit` of the store. */
  readonly committed = ({ durationMs, writes }: Commit): void => {
    this.#commitSeconds.observe(durationMs / 1000);
    this.#commitWrites.observe(writes);
  };

  /** The store, with its operations counted. */
  observed(store: Store): Store {
    this.#store = store;
    return observeStore(store, (operation, work) => this.#timed(operation, work));
  }

  #timed<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    return work().then(
      (result) => {
        this.#histogramOf(operation).observe((performance.now() - startMs) / 1000);
        return result;
      },
      (error: unknown) => {
        this.#histogramOf(operation).observe((performance.now() - startMs) / 1000);
        this.#countError(error);
        throw error;
      },
    );
  }

  #histogramOf(operation: StoreOperation): Histogram {
    let seconds = this.#operations.get(operation);
    if (seconds === undefined) {
      seconds = new Histogram(SECONDS);
      this.#operations.set(operation, seconds);
    }
    return seconds;
  }

  /** A call that has ended has its reason thrown, which says nothing about the store. */
  #countError(error: unknown): void {
    if (!(error instanceof DirectoryError)) {
      if (error instanceof Error && error.name !== 'CallEndedError') this.#errors.add('internal');
    } else if (FAILURES.includes(error.reason)) {
      this.#errors.add(error.reason);
    }
  }

  async collect(): Promise<MetricObject[]> {
    return [
      histogram('personguide_store_commit_seconds', 'How long commits of writes took.', [
        [{}, this.#commitSeconds],
      ]),
      histogram('personguide_store_commit_writes', 'How many writes shared a commit.', [
        [{}, this.#commitWrites],
      ]),
      histogram(
        'personguide_store_operation_seconds',
        'How long operations of the store took.',
        Array.from(this.#operations, ([operation, seconds]) => [{ operation }, seconds]),
      ),
      this.#errors.toMetric('personguide_store_errors_total', 'Operations that the store failed.'),
      ...statisticsMetrics(await this.#statistics()),
    ];
  }

  async #statistics(): Promise<StoreStatistics | undefined> {
    const signal = AbortSignal.timeout(STATISTICS_TIMEOUT_MS);
    // A store that fails must not take the other metrics away.
    return this.#store?.statistics({ signal }).catch(() => undefined);
  }
}

function statisticsMetrics(statistics: StoreStatistics | undefined): MetricObject[] {
  if (statistics === undefined) return [];
  const { databaseBytes, walBytes, freeDiskBytes, pool, searchLag } = statistics;
  return [
    gauge(
      'personguide_store_database_bytes',
      'The size of the database.',
      one(databaseBytes),
      'max',
    ),
    gauge('personguide_store_wal_bytes', 'The size of the write-ahead log.', one(walBytes), 'max'),
    gauge(
      'personguide_store_free_disk_bytes',
      'Free space on its disk.',
      one(freeDiskBytes),
      'min',
    ),
    gauge('personguide_store_pool_connections', 'Connections to the database.', [
      ...(pool === undefined
        ? []
        : [sample(pool.open - pool.idle, { state: 'used' }), sample(pool.idle, { state: 'idle' })]),
    ]),
    gauge(
      'personguide_store_pool_waiting',
      'Operations that wait for a connection.',
      one(pool?.waiting),
    ),
    gauge(
      'personguide_search_lag_seconds',
      'For how long there have been changes that searches would have to index first.',
      one(searchLag.seconds),
      'max',
    ),
    gauge(
      'personguide_search_lag_changes',
      'How many revisions are not indexed for searches.',
      one(searchLag.revisions),
      'max',
    ),
  ].filter(({ values }) => values.length > 0);
}

function one(value: number | undefined): ReturnType<typeof sample>[] {
  return value === undefined ? [] : [sample(value)];
}
