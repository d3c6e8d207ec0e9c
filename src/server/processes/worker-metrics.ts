import type { CounterTotals, MetricObject } from '../../metrics/index.js';
import { loadMetrics, type MeasuredProcesses } from '../metrics.js';
import type { WorkerState } from './messages.js';
import type { WorkerProcess } from './worker-process.js';

/** More than the two seconds that the statistics of a store may take. */
const METRICS_TIMEOUT_MS = 3000;
const READY_TIMEOUT_MS = 1000;

/** The metrics of all workers, asked for when they are shown. */
export class WorkerMetrics implements MeasuredProcesses {
  readonly #workers: ReadonlySet<WorkerProcess>;
  readonly #module = loadMetrics();
  /** What workers had counted that have ended. */
  readonly #ended: CounterTotals = new this.#module.CounterTotals();
  readonly #last = new WeakMap<WorkerProcess, readonly MetricObject[]>();
  #endedCount = 0;
  #unresponsiveCount = 0;

  constructor(workers: ReadonlySet<WorkerProcess>) {
    this.#workers = workers;
  }

  /** Those of each worker that answers, of those that have ended, and of the workers as such. */
  readonly collect = async (): Promise<readonly (readonly MetricObject[])[]> => {
    const serving = [...this.#workers].filter(({ hasServed }) => hasServed);
    const collected = await Promise.all(serving.map((worker) => this.#collectOf(worker)));
    return [...collected, this.#ended.collect(), this.#own()];
  };

  readonly isReady = async (): Promise<boolean> => {
    const serving = [...this.#workers].filter(({ isServing }) => isServing);
    const states = await Promise.all(serving.map((worker) => worker.ask(false, READY_TIMEOUT_MS)));
    return states.some((state) => state?.isReady === true);
  };

  /** To be called when a worker has ended. */
  ended(worker: WorkerProcess): void {
    this.#endedCount += 1;
    this.#ended.add(this.#last.get(worker) ?? []);
    this.#last.delete(worker);
  }

  async #collectOf(worker: WorkerProcess): Promise<readonly MetricObject[]> {
    const state: WorkerState | undefined = await worker.ask(true, METRICS_TIMEOUT_MS);
    // It may have ended meanwhile: what it had counted is that of the ended ones then.
    if (!this.#workers.has(worker)) return [];
    if (state === undefined) {
      this.#unresponsiveCount += 1;
      return (this.#last.get(worker) ?? []).filter(({ type }) => type !== 'gauge');
    }
    this.#last.set(worker, state.metrics);
    return state.metrics;
  }

  #own(): MetricObject[] {
    const { counter, gauge, sample } = this.#module;
    const serving = [...this.#workers].filter(({ isServing }) => isServing).length;
    return [
      gauge('personguide_workers', 'Processes that serve calls.', [sample(serving)]),
      counter('personguide_workers_ended_total', 'Processes that have ended.', [
        sample(this.#endedCount),
      ]),
      counter(
        'personguide_workers_unresponsive_total',
        'Processes that did not answer when metrics were collected.',
        [sample(this.#unresponsiveCount)],
      ),
    ];
  }
}
