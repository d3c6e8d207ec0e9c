import type { Commit, ImportOutcome } from '../../directory/store.js';
import { prepareCounters } from './counters.js';
import type { Database, Statement } from './database.js';
import { isBusy, toStoreError } from './errors.js';
import { prepareFreeze, type Freeze } from './freeze.js';
import { createGroupCommit, type GroupedWrite, type Outcome } from './group-commit.js';
import { prepareIndexing } from './indexing.js';
import { prepareSearchIndex } from './search-index.js';
import type { WatchedFile } from './store-file.js';
import { prepareTables } from './tables.js';
import { prepareContentImport, type ContentImport } from './transfer.js';
import {
  prepareWrites,
  SINGLE_STATEMENTS,
  type PackedImport,
  type Write,
  type WriteName,
} from './writes.js';

/** Writes that are committed together. */
export interface Group {
  /** The time of all of them, in milliseconds since 1970. */
  readonly atMs: number;
  readonly writes: readonly Write[];
}

/** A group that is durable. */
export interface CommittedGroup {
  /** For each write, in order. */
  readonly outcomes: readonly Outcome[];
  readonly commit: Commit;
  /** The revision of the last write of people. */
  readonly revision: number;
}

/**
 * All that changes a store, as functions that are done when they return, of arguments that can be
 * sent to another thread. They throw DirectoryErrors, also as the `error` of an outcome.
 */
export interface Writer extends ContentImport, Freeze {
  /** Throws if the transaction fails; nothing is written then. */
  commit(group: Group): CommittedGroup;
  /** Finds out what the import would do. */
  tryImport(batch: PackedImport, atMs: number): ImportOutcome;
  /** Indexes a few of the people who have changed; returns whether nothing is left to do. */
  indexSlice(): boolean;
}

type WriteFunction = (argument: unknown, at: Date) => unknown;

/** How long to wait for other processes that write to the file. */
const MAX_WAIT_MS = 10_000;

/** Other processes commit groups, which takes about this long. */
const RETRY_MS = 0.5;

/** What a writer works on. */
export interface WriterParts {
  readonly database: Database;
  /** Another connection to the same file. Undefined in memory, as `file`. */
  readonly second: Database | undefined;
  readonly file: WatchedFile | undefined;
  readonly path: string;
}

/** Creates the writer of a connection. Nothing else may write to it. */
export function createWriter({ database, second, file, path }: WriterParts): Writer {
  const counters = prepareCounters(database);
  const tables = prepareTables(database, counters);
  const index = prepareSearchIndex(database);
  const writes = prepareWrites(database, tables, index);
  const beginTransaction = prepareBegin(database);
  const dataVersion = database.prepare('pragma data_version');
  let knownVersion = versionOf(dataVersion);

  function begin(): void {
    beginTransaction();
    // It differs if another process has written.
    const version = versionOf(dataVersion);
    if (version === knownVersion) return;
    knownVersion = version;
    counters.reset();
  }

  function beginWrite(): void {
    file?.check();
    begin();
  }

  let lastCommit: Commit = { durationMs: 0, writes: 0 };
  const commitGroup = createGroupCommit(database, beginWrite, {
    beforeCommit: () => {
      counters.save();
    },
    // After it: a write must not be acknowledged whose file was deleted while it was committed.
    afterCommit: (commit) => {
      lastCommit = commit;
      file?.check();
    },
    afterRollback: () => {
      counters.reset();
    },
  });

  function toGroupedWrite({ name, argument, idempotencyKey }: Write, at: Date): GroupedWrite {
    const functions = writes as unknown as Record<WriteName, WriteFunction>;
    const work = (): unknown => functions[name](argument, at);
    if (idempotencyKey === undefined) return { work, isStatement: SINGLE_STATEMENTS.has(name) };
    return {
      work: () => {
        const keptAs = name === 'recordPeople' ? 'people' : 'message';
        return tables.idempotency.runOnce(idempotencyKey, at, work as () => Uint8Array, keptAs);
      },
      isStatement: false,
    };
  }

  function commit({ atMs, writes: group }: Group): CommittedGroup {
    const at = new Date(atMs);
    const outcomes = commitGroup(group.map((write) => toGroupedWrite(write, at)));
    return {
      outcomes: outcomes.map((outcome) =>
        'error' in outcome ? { error: toStoreError(outcome.error, path) } : outcome,
      ),
      commit: lastCommit,
      revision: counters.get('revision'),
    };
  }

  return withStoreErrors(path, {
    commit,
    tryImport: (batch, atMs) => writes.tryImport(batch, new Date(atMs)),
    indexSlice: prepareIndexing(database, counters, index, beginWrite),
    ...prepareFreeze(database, second, begin),
    ...prepareContentImport(database, counters, beginWrite),
  });
}

function versionOf(dataVersion: Statement): number {
  return (dataVersion.get() as { data_version: number }).data_version;
}

function prepareBegin(database: Database): () => void {
  const begin = database.prepare('begin immediate');
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  return () => {
    const giveUpAt = performance.now() + MAX_WAIT_MS;
    for (;;) {
      try {
        begin.run();
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpAt) throw error;
        // SQLite's own waiting sleeps up to 100 ms.
        Atomics.wait(sleeper, 0, 0, RETRY_MS);
      }
    }
  };
}

/** The writer, whose functions throw errors that a caller may see. */
function withStoreErrors(path: string, writer: Writer): Writer {
  const functions = Object.entries(writer) as [string, (...values: unknown[]) => unknown][];
  return Object.fromEntries(
    functions.map(([name, run]) => [
      name,
      (...values: unknown[]) => {
        try {
          return run(...values);
        } catch (error) {
          throw toStoreError(error, path);
        }
      },
    ]),
  ) as unknown as Writer;
}
