import { backupUnsupported } from './errors.js';
import type { ReadOptions, Store } from './store.js';

/** A part of a backup. */
export interface BackupPart {
  /** The next bytes of the file. */
  readonly data: Buffer;
  /** How many bytes the parts so far have, this one included. */
  readonly sentBytes: number;
  /** The size of the file; the same in all parts. */
  readonly totalBytes: number;
}

/** A store that can copy itself while it is used. A driver need not have this. */
export interface BackupStore {
  /**
   * Copies the store as it is when the first part is requested, into the bytes of a file that can be
   * restored. Reads and writes go on. Memory stays flat, however slowly the parts are requested.
   * Rejects with BACKUP_RUNNING while another backup is made, and with BACKUP_TOO_SLOW.
   */
  backup(options?: ReadOptions): AsyncIterable<BackupPart>;
}

/** Makes a backup; throws BACKUP_UNSUPPORTED if the store cannot. */
export function backUp(store: Store, options: ReadOptions): AsyncIterable<BackupPart> {
  if (!isBackupStore(store)) throw backupUnsupported();
  return store.backup(options);
}

function isBackupStore(store: Store): store is Store & BackupStore {
  return 'backup' in store;
}
