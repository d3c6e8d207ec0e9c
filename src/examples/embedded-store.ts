import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { StartError } from 'personguide/server';

/** A SQLite database that only this process uses. */
export interface EmbeddedStore {
  readonly database: DatabaseSyncInstance;
  /**
   * Runs `work` in a transaction, and resolves with its result once that is durable. The writes of
   * one turn of the event loop share a transaction, and so one wait for the disk. If `work` throws,
   * only its own writes are undone, and the promise rejects.
   */
  readonly write: <T>(work: () => T) => Promise<T>;
  /** Commits the pending writes and closes the file. */
  readonly close: () => void;
}

interface Write {
  readonly work: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens a database file, or `:memory:`, and runs `schema`, which must not fail if the tables exist.
 * A write that has resolved survives kill -9 and a power loss. Throws a StartError that names the
 * file.
 */
export function openEmbeddedStore(file: string, schema: string): EmbeddedStore {
  const database = openDatabase(file, schema);
  let queue: Write[] = [];

  function commit(): void {
    const group = queue;
    if (group.length === 0) return;
    queue = [];
    try {
      database.exec('begin immediate');
      const settlers = group.map((write) => runWrite(database, write));
      database.exec('commit');
      for (const settle of settlers) settle();
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      for (const { reject } of group) reject(error);
    }
  }

  return {
    database,
    write: (work) =>
      new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(commit);
        queue.push({ work, resolve, reject });
      }),
    close() {
      commit();
      // Statements that are not garbage-collected yet keep the database open, and with it the lock.
      // SQLite releases an exclusive lock only outside of WAL mode, at the next read.
      database.exec('pragma journal_mode = delete; pragma locking_mode = normal');
      database.exec('select count(*) from sqlite_schema');
      database.close();
    },
  };
}

/** Runs one write. Returns the function that settles its promise once the group is durable. */
function runWrite(database: DatabaseSyncInstance, { work, resolve, reject }: Write): () => void {
  database.exec('savepoint one');
  try {
    const result = work();
    database.exec('release one');
    return () => {
      resolve(result as never);
    };
  } catch (error) {
    database.exec('rollback to one; release one');
    return () => {
      reject(error);
    };
  }
}

function openDatabase(file: string, schema: string): DatabaseSyncInstance {
  let database: DatabaseSyncInstance | undefined;
  try {
    database = new DatabaseSync(file);
    // The lock excludes other processes; FULL waits for the disk at each commit.
    database.exec(`pragma locking_mode = exclusive; pragma journal_mode = wal;
      pragma synchronous = full; begin exclusive; ${schema}; commit`);
    return database;
  } catch (error) {
    database?.close();
    throw new StartError(`cannot open the store ${file}: ${(error as Error).message}`);
  }
}
