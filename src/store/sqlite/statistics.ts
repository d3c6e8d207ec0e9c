import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StoreStatistics } from '../../directory/store.js';

/** The sizes of a store file, as the file system has them. */
export async function fileSizes(path: string): Promise<Omit<StoreStatistics, 'searchLag'>> {
  const [databaseBytes, walBytes, disk] = await Promise.all([
    sizeOf(path),
    sizeOf(`${path}-wal`),
    statfs(dirname(path)),
  ]);
  return { databaseBytes, walBytes, freeDiskBytes: disk.bavail * disk.bsize };
}

/** Undefined for a file that is gone. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
