import { stat } from 'node:fs/promises';
import { DirectoryError } from '../../directory/errors.js';

/**
 * Remembers which file the path names now. The returned function rejects with `unavailable` when
 * the path no longer names that file: SQLite itself would go on writing to a deleted file.
 */
export async function watchFile(path: string): Promise<() => Promise<void>> {
  if (path === ':memory:') return async () => undefined;
  const opened = await stat(path);
  return async () => {
    const found = await stat(path).catch((error: unknown) => {
      throw fileGone(error);
    });
    if (found.ino !== opened.ino || found.dev !== opened.dev) throw fileGone();
  };
}

function fileGone(cause?: unknown): DirectoryError {
  const text = 'the file of the store was deleted or replaced while it was open';
  return new DirectoryError('unavailable', text, { code: 'STORE_FILE_GONE', cause });
}
