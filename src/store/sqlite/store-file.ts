import { closeSync, fstatSync, openSync, read, statSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { DirectoryError } from '../../directory/errors.js';
import { MAX_IDLE_WAL_BYTES } from './database.js';

/** Notices what happens to the file of an open store. */
export interface WatchedFile {
  /**
   * Throws `unavailable` if the path, or that of its -wal file, names another file than when it was
   * opened, or none, or if one of them has become shorter. SQLite itself would go on and acknowledge
   * writes to a deleted file. Takes 3 us. Call it before each write, too, which makes a file that was
   * cut off as long as before, with a hole in it.
   */
  check(): void;
}

/** The file of an open store, beside SQLite's own handle of it. */
export interface StoreFile extends WatchedFile {
  /** Reads that many bytes at a position, fewer at the end; also of a file that was deleted. */
  read(position: number, length: number): Promise<Buffer>;
  /** The size of the -wal file in bytes; 0 if it is gone. */
  walBytes(): number;
  /** Closes the handle. Call it after SQLite has closed the file. */
  close(): void;
}

type Identity = Pick<Stats, 'dev' | 'ino' | 'size'>;

const readAsync = promisify(read);

/** Watches the file that SQLite has opened, in WAL mode. */
export function watchStoreFile(path: string, opened: Identity = statSync(path)): WatchedFile {
  const wal = `${path}-wal`;
  const openedWal = statSync(wal);
  let size = opened.size;
  let walSize = openedWal.size;

  return {
    check: () => {
      const found = foundAt(path, opened);
      if (found.size < size) throw cutOff(path, found.size, size);
      size = found.size;
      const foundWal = foundAt(wal, openedWal);
      // SQLite itself makes it shorter, but not than that.
      const minWalSize = Math.min(walSize, MAX_IDLE_WAL_BYTES);
      if (foundWal.size < minWalSize) throw cutOff(wal, foundWal.size, minWalSize);
      walSize = foundWal.size;
    },
  };
}

/** Opens the file that SQLite has opened, in WAL mode. */
export function openStoreFile(path: string): StoreFile {
  // Kept open as long as SQLite's own handles: closing any handle of a file releases the locks that
  // the process has on it (POSIX).
  const descriptor = openSync(path, 'r');
  const wal = `${path}-wal`;

  return {
    ...watchStoreFile(path, fstatSync(descriptor)),
    read: async (position, length) => {
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await readAsync(descriptor, buffer, 0, length, position);
      return buffer.subarray(0, bytesRead);
    },
    walBytes: () => statSync(wal, { throwIfNoEntry: false })?.size ?? 0,
    close: () => {
      closeSync(descriptor);
    },
  };
}

/** What the path names now; throws if that is not the file that was opened. */
function foundAt(path: string, opened: Identity): Identity {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileGone(`${path} cannot be examined any more: ${String(error)}`);
  }
  if (found === undefined) throw fileGone(`${path} was deleted or moved while it was open`);
  if (found.ino !== opened.ino || found.dev !== opened.dev) {
    throw fileGone(`${path} was replaced by another file while it was open`);
  }
  return found;
}

function fileGone(forOperator: string): DirectoryError {
  const advice = 'save its content with `personguide backup` before you stop the server';
  return new DirectoryError(
    'unavailable',
    'the file of the store was deleted or replaced while it was open',
    { code: 'STORE_FILE_GONE', cause: new Error(`${forOperator}; ${advice}`) },
  );
}

function cutOff(path: string, bytes: number, expectedBytes: number): DirectoryError {
  return new DirectoryError('unavailable', 'the store is damaged', {
    code: 'STORE_DAMAGED',
    cause: new Error(
      `${path} was cut off from ${expectedBytes} to ${bytes} bytes while it was open; ` +
        'restore a backup',
    ),
  });
}
