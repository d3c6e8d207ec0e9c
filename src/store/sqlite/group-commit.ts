import type { CancelSignal, Commit } from '../../directory/store.js';
import type { Database } from './database.js';
import { endsTransaction } from './errors.js';

/** Writes that share transactions, and with them the wait for the disk. */
export interface GroupCommit {
  /**
   * Runs `work` in one transaction with all writes of the same turn of the event loop. Resolves
   * with its result when the transaction is durable. If `work` throws, only its own changes are
   * undone; if the transaction fails, all writes in it reject. Rejects with the reason of `signal`,
   * without running `work`, if that is aborted before the transaction begins.
   */
  write<T>(work: () => T, signal?: CancelSignal): Promise<T>;
  /**
   * Like write, for work that changes nothing unless its only failing statement succeeds: it needs
   * no savepoint.
   */
  writeStatement<T>(work: () => T, signal?: CancelSignal): Promise<T>;
  /** Commits the pending writes now instead of at the end of this turn. */
  flush(): void;
}

/** What else happens in each transaction. */
export interface TransactionHooks {
  /** Runs within the transaction, after all writes. */
  readonly beforeCommit?: () => void;
  /** Runs after the commit. If it throws, the writes reject with that, although they are done. */
  readonly afterCommit?: (commit: Commit) => void;
  /** Runs after the transaction was rolled back, or after its commit was not acknowledged. */
  readonly afterRollback?: () => void;
}

interface Write {
  readonly work: () => unknown;
  readonly signal: CancelSignal | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Groups the writes to that database; nothing else may write to it. */
export function createGroupCommit(database: Database, hooks: TransactionHooks = {}): GroupCommit {
  const begin = database.prepare('begin immediate');
  const commit = database.prepare('commit');
  const setSavepoint = database.prepare('savepoint one_write');
  const release = database.prepare('release one_write');
  const undo = database.prepare('rollback to one_write');
  let pending: Write[] = [];

  /** Runs work of several statements; if it throws, all of them are undone. */
  function runInSavepoint<T>(work: () => T): T {
    setSavepoint.run();
    try {
      const result = work();
      release.run();
      return result;
    } catch (error) {
      if (endsTransaction(error)) throw error;
      undo.run();
      release.run();
      throw error;
    }
  }

  /** Runs one write; the returned function settles its promise and is called after the commit. */
  function runOne({ work, resolve, reject }: Write): () => void {
    try {
      const result = work();
      return () => {
        resolve(result as never);
      };
    } catch (error) {
      if (endsTransaction(error)) throw error;
      return () => {
        reject(error);
      };
    }
  }

  function runTransaction(writes: readonly Write[]): void {
    const startMs = performance.now();
    try {
      begin.run();
      const settle = writes.map(runOne);
      hooks.beforeCommit?.();
      commit.run();
      hooks.afterCommit?.({ durationMs: performance.now() - startMs, writes: writes.length });
      for (const settleOne of settle) settleOne();
    } catch (error) {
      rollBack(database);
      hooks.afterRollback?.();
      for (const { reject } of writes) reject(error);
    }
  }

  function flush(): void {
    const writes = pending.filter(isWanted);
    pending = [];
    if (writes.length > 0) runTransaction(writes);
  }

  function enqueue<T>(work: () => T, signal: CancelSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      // Node runs immediates after all input of a turn, when the writes of the turn are pending.
      if (pending.length === 0) setImmediate(flush);
      pending.push({ work, signal, resolve, reject });
    });
  }

  return {
    flush,
    write: (work, signal) => enqueue(() => runInSavepoint(work), signal),
    writeStatement: enqueue,
  };
}

/** Rejects a write whose signal is aborted. */
function isWanted({ signal, reject }: Write): boolean {
  if (signal?.aborted !== true) return true;
  reject(signal.reason);
  return false;
}

/** Rolls back the transaction, if there still is one. */
export function rollBack(database: Database): void {
  try {
    database.exec('rollback');
  } catch {
    // The transaction has ended: by its commit, or by SQLite itself, as when the disk is full.
  }
}
