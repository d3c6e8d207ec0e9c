import type { Database } from './database.js';
import { endsTransaction } from './errors.js';

/** Writes that share transactions, and with them the wait for the disk. */
export interface GroupCommit {
  /**
   * Runs `work` within the transaction of all writes that arrive in the same turn of the event
   * loop. Resolves with its result once that is durable. If `work` throws, it alone is undone; if
   * the transaction fails, all of it is. `work` must not write through this again.
   */
  write<T>(work: () => T): Promise<T>;
  /** As write, for work of a single SQL statement: that is undone by itself if it fails. */
  writeStatement<T>(work: () => T): Promise<T>;
  /** Commits now what would be committed at the end of this turn. */
  flush(): void;
}

interface Write {
  readonly work: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Groups the writes to that database; nothing else may write to it. */
export function createGroupCommit(database: Database): GroupCommit {
  const begin = database.prepare('begin immediate');
  const commit = database.prepare('commit');
  const setSavepoint = database.prepare('savepoint one_write');
  const release = database.prepare('release one_write');
  const undo = database.prepare('rollback to one_write');
  let queue: Write[] = [];

  /** Runs work of several statements; if it throws, all of them are undone. */
  function runAsOne<T>(work: () => T): T {
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

  /** Runs one write; gives back how to answer it once all are committed. */
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

  function flush(): void {
    const group = queue;
    if (group.length === 0) return;
    queue = [];
    try {
      begin.run();
      const answers = group.map(runOne);
      commit.run();
      for (const answer of answers) answer();
    } catch (error) {
      rollBack(database);
      for (const { reject } of group) reject(error);
    }
  }

  function enqueue<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      // Node runs immediates after all the input of a turn: those calls are in the queue then.
      if (queue.length === 0) setImmediate(flush);
      queue.push({ work, resolve, reject });
    });
  }

  return {
    flush,
    write: (work) => enqueue(() => runAsOne(work)),
    writeStatement: enqueue,
  };
}

function rollBack(database: Database): void {
  try {
    database.exec('rollback');
  } catch {
    // SQLite has ended the transaction itself, as it does when the disk is full.
  }
}
