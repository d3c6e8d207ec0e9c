import { existsSync } from 'node:fs';
import { DirectoryError } from '../directory/errors.js';
import type { BackupContent } from './sqlite/backup-file.js';

export type { BackupContent };

type Driver = typeof import('./sqlite/backup-file.js');
type StoreDriver = typeof import('./sqlite/sqlite-store.js');

function driver(): Driver {
  // Not import(): jest cannot run it in CommonJS. A bundler still sees this.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./sqlite/backup-file.js') as Driver;
}

/** Checks a backup as a whole, and counts what it holds. Rejects with one line for the operator. */
export function checkBackup(file: string): Promise<BackupContent> {
  return driver().checkBackup(file);
}

/**
 * Restores a backup to a SQLite file that does not exist yet. Rejects with one line for the
 * operator, and leaves nothing then.
 */
export async function restoreBackup(file: string, store: string): Promise<BackupContent> {
  if (store === ':memory:' || /^[a-z][a-z0-9+.-]+:/i.test(store)) {
    throw new DirectoryError('unavailable', 'a backup can only be restored to the path of a file', {
      code: 'BACKUP_UNUSABLE',
    });
  }
  return driver().restoreBackup(file, store);
}

/**
 * Opens the file of a store without its -wal file, which is missing, so that it can be opened again:
 * what was only there is lost. Rejects with one line for the operator.
 */
export async function recoverStore(store: string): Promise<BackupContent> {
  if (store === ':memory:' || /^[a-z][a-z0-9+.-]+:/i.test(store) || !existsSync(store)) {
    throw new DirectoryError(
      'unavailable',
      `cannot recover ${store}: it is not the path of a file`,
      {
        code: 'CANNOT_OPEN_STORE',
      },
    );
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { openSqliteStore } = require('./sqlite/sqlite-store.js') as StoreDriver;
  const opened = await openSqliteStore(store, { acceptLoss: true });
  await opened.close();
  return checkBackup(store);
}

/** Resolves when the file or the directory is on the disk. */
export function flush(path: string): Promise<void> {
  return driver().flush(path);
}
