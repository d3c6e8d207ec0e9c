import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { StartError } from 'personguide/server';

/** A SQLite database inside this process, for this process alone. */
export interface EmbeddedStore {
  readonly database: DatabaseSyncInstance;
  /**
   * Runs `work` in the transaction of all writes that arrive in the same turn of the event loop:
   * they share one wait for the disk. Resolves with its result once that is durable. If `work`
   * throws, only what it wrote is undone.
   */
  readonly write: <T>(work: () => T) => Promise<T>;
  /** Commits what is under way and closes the file. */
  readonly close: () => void;
}

interface Write {
  readonly work: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens a file, or `:memory:`, and creates what `schema` says unless it is there. What a write
 * resolved with survives kill -9 and a power loss. Fails with a StartError that names the file.
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
      const answers = group.map((write) => runOne(database, write));
      database.exec('commit');
      for (const answer of answers) answer();
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
      // Statements wait for the garbage collector, and would keep the lock until then; it can be
      // given up only outside of WAL mode, by the next read.
      database.exec('pragma journal_mode = delete; pragma locking_mode = normal');
      database.exec('select count(*) from sqlite_schema');
      database.close();
    },
  };
}

/** Runs one write; gives back how to answer it once all are durable. */
function runOne(database: DatabaseSyncInstance, { work, resolve, reject }: Write): () => void {
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
    // The lock keeps a second process out; FULL waits for the disk at each commit.
    database.exec(`pragma locking_mode = exclusive; pragma journal_mode = wal;
      pragma synchronous = full; begin exclusive; ${schema}; commit`);
    return database;
  } catch (error) {
    database?.close();
    throw new StartError(`cannot open the store ${file}: ${(error as Error).message}`);
  }
}
