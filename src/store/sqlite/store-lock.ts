import { realpathSync, rmSync, statSync } from 'node:fs';
import { loadSqlite, type Database } from './database.js';
import { toLockError } from './errors.js';

/** Keeps other processes, and other stores of this one, from opening a file. */
export interface StoreLock {
  /** Call it after the connections to the file were closed. */
  release(): void;
}

/**
 * Locks the existing file of a store by a file beside it, `PATH-lock`: SQLite locks the store itself
 * while it is used, but not as a whole. The lock is one of the operating system's, so it ends with the
 * process. Throws one line for the operator, which names the store.
 */
export function lockStore(store: string): StoreLock {
  const path = `${realpathSync(store)}-lock`;
  for (;;) {
    const before = identityOf(path);
    const database = lockFile(path, store);
    // Whoever held the lock has removed the file: this one may be locked, but it is no longer there.
    if (before !== undefined && identityOf(path) === before) {
      return {
        release: () => {
          rmSync(path, { force: true });
          database.close();
        },
      };
    }
    database.close();
  }
}

function lockFile(path: string, store: string): Database {
  let database: Database | undefined;
  try {
    database = new (loadSqlite().DatabaseSync)(path);
    database.exec('pragma busy_timeout = 0; pragma journal_mode = off; begin exclusive');
    return database;
  } catch (error) {
    database?.close();
    throw toLockError(error, store);
  }
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino} ${found.birthtimeNs}`;
}
