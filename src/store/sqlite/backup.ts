import { backupRunning, backupTooSlow, backupUnsupported } from '../../directory/errors.js';
import type { BackupPart } from '../../directory/backup.js';
import type { StoreFile } from './store-file.js';

const PART_BYTES = 256 * 1024;

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

/** Freezes the file of a store; see freeze.ts. */
export interface Freezing {
  freeze(): Promise<number | undefined>;
  unfreeze(): Promise<void>;
}

/** How often it is tried to move the whole WAL into the file, once per turn of the event loop. */
const MAX_ATTEMPTS = 1_000;

/**
 * Prepares backups. First all changes are moved from the WAL into the file. Until the backup is
 * complete no others are: the file stays as it is and is read like any file, while writes go on in
 * the WAL.
 */
export function prepareBackups(
  freezing: Freezing,
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
      const totalBytes = await freeze(freezing);
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
      await unfreeze(freezing);
    }
  }

  return {
    start,
    stopped: async () => {
      await reading?.catch(() => undefined);
    },
  };
}

async function freeze(freezing: Freezing): Promise<number> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const bytes = await freezing.freeze();
    if (bytes !== undefined) return bytes;
    await new Promise(setImmediate);
  }
  throw new Error('reads kept the WAL from being moved into the file');
}

async function unfreeze(freezing: Freezing): Promise<void> {
  try {
    await freezing.unfreeze();
  } catch {
    // The store was closed, which has moved the WAL into the file.
  }
}
