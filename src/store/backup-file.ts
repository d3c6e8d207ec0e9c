import { DirectoryError } from '../directory/errors.js';
import type { BackupContent } from './sqlite/backup-file.js';

export type { BackupContent };

type Driver = typeof import('./sqlite/backup-file.js');

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

/** Resolves when the file or the directory is on the disk. */
export function flush(path: string): Promise<void> {
  return driver().flush(path);
}
