import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives `use` a new empty folder outside the repository, and removes it afterwards. */
export async function inTempFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'personguide-verify-')));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
