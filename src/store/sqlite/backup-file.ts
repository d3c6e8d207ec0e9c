import { existsSync } from 'node:fs';
import { copyFile, link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DirectoryError } from '../../directory/errors.js';
import { requireKnownSchema } from '../migrate.js';
import { loadSqlite, readPragma } from './database.js';
import { toOpenError } from './errors.js';
import { migrations } from './migrations.js';
import { HEADER, isStoreId, VERSION_WITH_WAL } from './wal-mark.js';

/** What a backup holds. */
export interface BackupContent {
  readonly people: number;
  readonly users: number;
  /** The size of the file. */
  readonly bytes: number;
  readonly schemaVersion: number;
}

/** https://www.sqlite.org/fileformat2.html, 1.3 */
const MAGIC = 'SQLite format 3\0';
const USER_VERSION_AT = 60;

/**
 * Reads all of a backup and checks that it is a complete and intact store that this program can
 * open. Changes nothing. Rejects with `unavailable` and one line that names the file and the reason.
 */
export async function checkBackup(file: string): Promise<BackupContent> {
  const path = resolve(file);
  const header = await readHeader(path);
  checkHeader(path, header);
  const database = new (loadSqlite().DatabaseSync)(path, { readOnly: true });
  try {
    const problem = readPragma(database, 'integrity_check');
    if (problem !== 'ok') throw unusable(path, `it is damaged: ${String(problem)}`);
    const counts = database
      .prepare(
        'select (select count(*) from people) as people, (select count(*) from users) as users',
      )
      .get() as { people: number; users: number };
    const { bytes } = database
      .prepare('select page_count * page_size as bytes from pragma_page_count, pragma_page_size')
      .get() as { bytes: number };
    return { ...counts, bytes, schemaVersion: header.readInt32BE(USER_VERSION_AT) };
  } catch (error) {
    throw toOpenError(error, path);
  } finally {
    database.close();
  }
}

/**
 * Puts a backup where a store can be opened: checks it, copies it, and flushes the copy to the disk.
 * Rejects with `already-exists` if there is a file, also one that only belongs to a store; the path
 * then stays as it is. Otherwise it rejects as checkBackup() does, and leaves nothing.
 */
export async function restoreBackup(file: string, store: string): Promise<BackupContent> {
  const path = resolve(store);
  for (const suffix of ['', '-wal', '-journal']) requireAbsent(`${path}${suffix}`);
  checkHeader(resolve(file), await readHeader(resolve(file)));
  const part = `${path}.part`;
  try {
    await copyFile(file, part).catch((error: unknown) => {
      throw unusable(path, (error as Error).message);
    });
    await flush(part);
    const content = await checkBackup(part);
    await publish(part, path);
    return content;
  } finally {
    await rm(part, { force: true });
  }
}

/** Renames a file to a path that must be free, and makes that durable. */
async function publish(part: string, path: string): Promise<void> {
  try {
    // Unlike a renamed file, a link never replaces another.
    await link(part, path);
  } catch (error) {
    requireAbsent(path);
    // This file system has no links.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    await rename(part, path);
  }
  await flush(dirname(path));
}

/** Resolves when the file or the directory is on the disk. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readHeader(path: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEADER.bytes), 0, HEADER.bytes, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unusable(path, (error as Error).message);
  } finally {
    await handle?.close();
  }
}

function checkHeader(path: string, header: Buffer): void {
  if (header.length < HEADER.bytes || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw unusable(path, 'it is not a SQLite database');
  }
  for (const suffix of ['-wal', '-journal']) {
    if (!existsSync(`${path}${suffix}`)) continue;
    const advice = 'start and stop a server on it first';
    throw unusable(path, `the file ${path}${suffix} belongs to it; ${advice}`);
  }
  // A closed store and a backup say that they have none.
  if (header[HEADER.readVersionAt] === VERSION_WITH_WAL) {
    const advice = 'use `personguide backup`, or copy the file while no server runs';
    throw unusable(path, `it was copied from a running store and is not complete; ${advice}`);
  }
  if (!isStoreId(header.readInt32BE(HEADER.applicationIdAt))) {
    throw unusable(path, 'it is the database of another program');
  }
  requireKnownSchema(path, header.readInt32BE(USER_VERSION_AT), migrations);
}

function requireAbsent(path: string): void {
  if (!existsSync(path)) return;
  throw new DirectoryError('already-exists', `${path} exists; move it away, or name another file`, {
    code: 'STORE_EXISTS',
  });
}

function unusable(path: string, why: string): DirectoryError {
  return new DirectoryError('unavailable', `cannot use ${path}: ${why}`, {
    code: 'BACKUP_UNUSABLE',
  });
}
