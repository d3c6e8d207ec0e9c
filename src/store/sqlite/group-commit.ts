import type { Commit } from '../../directory/store.js';
import type { Database } from './database.js';
import { endsTransaction } from './errors.js';

/** A write of a group. */
export interface GroupedWrite {
  /** If it throws, only its own changes are undone. */
  readonly work: () => unknown;
  /** Whether it changes nothing unless its only failing statement succeeds: it needs no savepoint. */
  readonly isStatement: boolean;
}

/** What one write of a group resulted in. */
export type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** Runs all writes in one transaction, and returns their outcomes when it is durable. */
export type CommitGroup = (writes: readonly GroupedWrite[]) => Outcome[];

/** What else happens in each transaction. */
export interface TransactionHooks {
  /** Runs after the transaction has begun, before the writes. */
  readonly afterBegin?: () => void;
  /** Runs within the transaction, after all writes. */
  readonly beforeCommit?: () => void;
  /** Runs after the commit. If it throws, commitGroup throws that, although the writes are done. */
  readonly afterCommit?: (commit: Commit) => void;
  /** Runs after the transaction was rolled back, or after its commit was not acknowledged. */
  readonly afterRollback?: () => void;
}

/** Prepares group commits. If the transaction fails, none of its writes is done, and it throws. */
export function createGroupCommit(
  database: Database,
  begin: () => void,
  hooks: TransactionHooks = {},
): CommitGroup {
  const commit = database.prepare('commit');
  const setSavepoint = database.prepare('savepoint one_write');
  const release = database.prepare('release one_write');
  const undo = database.prepare('rollback to one_write');

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

  function runOne({ work, isStatement }: GroupedWrite): Outcome {
    try {
      return { result: isStatement ? work() : runInSavepoint(work) };
    } catch (error) {
      if (endsTransaction(error)) throw error;
      return { error };
    }
  }

  /**
   * A write that is alone is undone with its transaction: keeping each page that it changes as it
   * was before would take a fifth of a large recording.
   */
  function runAlone({ work }: GroupedWrite): Outcome {
    try {
      return { result: work() };
    } catch (error) {
      if (endsTransaction(error)) throw error;
      database.exec('rollback');
      hooks.afterRollback?.();
      begin();
      return { error };
    }
  }

  return (writes) => {
    const startMs = performance.now();
    const [only] = writes;
    try {
      begin();
      hooks.afterBegin?.();
      const isAlone = writes.length === 1 && only?.isStatement === false;
      const outcomes = isAlone ? [runAlone(only)] : writes.map(runOne);
      hooks.beforeCommit?.();
      commit.run();
      hooks.afterCommit?.({ durationMs: performance.now() - startMs, writes: writes.length });
      return outcomes;
    } catch (error) {
      rollBack(database);
      hooks.afterRollback?.();
      throw error;
    }
  };
}

/** Rolls back the transaction, if there still is one. */
export function rollBack(database: Database): void {
  try {
    database.exec('rollback');
  } catch {
    // The transaction has ended: by its commit, or by SQLite itself, as when the disk is full.
  }
}
