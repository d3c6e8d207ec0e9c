import { backupRunning, backupTooSlow, backupUnsupported } from '../../directory/errors.js';
import type { BackupPart } from '../../directory/backup.js';
import type { Database } from './database.js';
import type { StoreFile } from './store-file.js';

const PART_BYTES = 256 * 1024;

/** SQLite's default: a commit moves the WAL into the file when it has this many pages. */
const CHECKPOINT_PAGES = 1000;

/** The WAL grows during a backup, and the commit that then moves it into the file takes long. */
const MAX_WAL_MEBIBYTES = 1024;

/**
 * Where the header says that there is a WAL: https://www.sqlite.org/fileformat2.html, 1.3. A file
 * that says so without having one was copied from a running store; see backup-file.ts.
 */
const WAL_FLAGS = [18, 19] as const;
const NO_WAL = 1;

/** Makes backups of a database. */
export interface Backups {
  /** See BackupStore. `begin` runs before each part and may throw. */
  start(begin: () => void): AsyncGenerator<BackupPart, void, undefined>;
  /** Resolves once no backup uses the file. Call it when `begin` throws from now on. */
  stopped(): Promise<void>;
}

/**
 * Prepares backups. First all changes are moved from the WAL into the file. Until the backup is
 * complete no others are: the file stays as it is and is read like any file, while writes go on in
 * the WAL.
 */
export function prepareBackups(
  database: Database,
  file: StoreFile | undefined,
  maxWalMebibytes = MAX_WAL_MEBIBYTES,
): Backups {
  let running = false;
  let reading: Promise<Buffer> | undefined;

  async function* start(begin: () => void): AsyncGenerator<BackupPart, void, undefined> {
    if (file === undefined) throw backupUnsupported();
    if (running) throw backupRunning();
    begin();
    running = true;
    try {
      const totalBytes = freeze(database);
      for (let sentBytes = 0; sentBytes < totalBytes;) {
        begin();
        if (file.walBytes() > maxWalMebibytes * 1024 * 1024) throw backupTooSlow(maxWalMebibytes);
        reading = file.read(sentBytes, Math.min(PART_BYTES, totalBytes - sentBytes));
        const data = await reading;
        if (data.length === 0) throw new Error(`the file ends at ${sentBytes} of ${totalBytes}`);
        if (sentBytes === 0) for (const index of WAL_FLAGS) data[index] = NO_WAL;
        sentBytes += data.length;
        yield { data, sentBytes, totalBytes };
      }
    } finally {
      running = false;
      unfreeze(database);
    }
  }

  return {
    start,
    stopped: async () => {
      await reading?.catch(() => undefined);
    },
  };
}

/** Moves the WAL into the file, and keeps later commits from doing so. Returns the file's size. */
function freeze(database: Database): number {
  database.exec('pragma wal_autocheckpoint = 0');
  const moved = database.prepare('pragma wal_checkpoint(passive)').get() as {
    busy: number;
    log: number;
    checkpointed: number;
  };
  if (moved.busy !== 0 || moved.log !== moved.checkpointed) {
    throw new Error(`moved ${moved.checkpointed} of ${moved.log} pages of the WAL into the file`);
  }
  const { bytes } = database
    .prepare('select page_count * page_size as bytes from pragma_page_count, pragma_page_size')
    .get() as { bytes: number };
  return bytes;
}

function unfreeze(database: Database): void {
  try {
    database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  } catch {
    // The store was closed, which has moved the WAL into the file.
  }
}
