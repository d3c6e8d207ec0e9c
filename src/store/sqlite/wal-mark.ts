import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { DirectoryError } from '../../directory/errors.js';

/** Marks a file as a PersonGuide store: "PGde". */
export const APPLICATION_ID = 0x50476465;

/** Marks a store that is incomplete without the -wal file beside it: "PGdw". */
const NEEDS_WAL = 0x50476477;

/** https://www.sqlite.org/fileformat2.html, 1.3 */
export const HEADER = { bytes: 100, readVersionAt: 19, applicationIdAt: 68 } as const;
export const VERSION_WITH_WAL = 2;

/** SQLite creates a WAL without frames by itself: https://www.sqlite.org/walformat.html, 1.1 */
const WAL_HEADER_BYTES = 32;

/** The part of a database that is used here. */
interface Marked {
  exec(sql: string): void;
  prepare(sql: string): { get(): unknown };
}

/** Whether the application id is one of a store. */
export function isStoreId(applicationId: unknown): boolean {
  return applicationId === APPLICATION_ID || applicationId === NEEDS_WAL;
}

/**
 * Throws if one of the two files of a store is missing or empty. Call it before SQLite opens them: it
 * would create a WAL that is missing, and delete one whose file is empty.
 */
export function requireBothFiles(path: string): void {
  const hasWal = sizeOf(`${path}-wal`) > WAL_HEADER_BYTES;
  if (hasWal && sizeOf(path) === 0) {
    throw incomplete(
      path,
      `it is missing or empty, but ${path}-wal has writes of a store; put the file of that store ` +
        `back, or move ${path}-wal away`,
    );
  }
  if (hasWal || !needsWal(path)) return;
  throw incomplete(
    path,
    `${path}-wal, which has the latest writes, is missing or empty; put it back, restore a backup, ` +
      `or accept the loss: personguide recover --store ${path}`,
  );
}

/** Throws if what is left without the WAL is damaged. Call it after the loss was accepted. */
export function requireIntact(database: Marked, path: string): void {
  if (valueOf(database, 'integrity_check') === 'ok') return;
  throw incomplete(path, `it is damaged without ${path}-wal; restore a backup`);
}

/** Removes the mark of a file without WAL, such as a backup. Call it before WAL mode. */
export function removeOldMark(database: Marked): void {
  if (valueOf(database, 'journal_mode') === 'wal' || !isMarked(database)) return;
  database.exec(`pragma application_id = ${APPLICATION_ID}`);
}

/**
 * Marks the file as one that is incomplete without its WAL: SQLite would open it without, and show
 * the state of some time ago. The WAL is on the disk before the mark is in the file.
 */
export function markWal(database: Marked): void {
  if (!isMarked(database)) database.exec(`pragma application_id = ${NEEDS_WAL}`);
  database.exec('pragma wal_checkpoint(passive)');
  if (marked.size === 0) process.on('exit', unmarkAll);
  marked.add(database);
}

/**
 * Removes the mark in the WAL, from where it gets into the file. Call it before the WAL is removed, so
 * that there never is a marked file without.
 */
export function unmarkWal(database: Marked): void {
  if (!marked.delete(database)) return;
  if (marked.size === 0) process.off('exit', unmarkAll);
  unmark(database);
}

/** The databases of this process that are open. */
const marked = new Set<Marked>();

/**
 * A process that ends without closing its databases, but not by a signal, deletes their WALs: Node
 * destroys its objects, and SQLite's destructor moves the WAL into the file.
 */
function unmarkAll(): void {
  for (const database of marked) unmark(database);
}

/** At worst the mark stays, and the next start reports that the WAL is missing. */
function unmark(database: Marked): void {
  const remove = `pragma query_only = 0; pragma application_id = ${APPLICATION_ID}`;
  // Of a transaction that is not complete.
  attempt(database, 'rollback');
  if (attempt(database, remove)) return;
  // On a full disk there is space in the WAL once it is truncated.
  attempt(database, 'pragma wal_checkpoint(truncate)');
  attempt(database, remove);
}

function attempt(database: Marked, sql: string): boolean {
  try {
    database.exec(sql);
    return true;
  } catch {
    return false;
  }
}

function isMarked(database: Marked): boolean {
  return valueOf(database, 'application_id') === NEEDS_WAL;
}

function needsWal(path: string): boolean {
  const header = readHeader(path);
  return (
    header.length === HEADER.bytes &&
    header[HEADER.readVersionAt] === VERSION_WITH_WAL &&
    header.readInt32BE(HEADER.applicationIdAt) === NEEDS_WAL
  );
}

/** Reads the file itself. No store of this process has it open: that would have a WAL. */
function readHeader(path: string): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const header = Buffer.alloc(HEADER.bytes);
    return header.subarray(0, readSync(descriptor, header, 0, HEADER.bytes, 0));
  } catch {
    // SQLite explains why it cannot be read.
    return Buffer.alloc(0);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function valueOf(database: Marked, pragma: string): unknown {
  return Object.values(database.prepare(`pragma ${pragma}`).get() as object)[0];
}

function incomplete(path: string, why: string): DirectoryError {
  return new DirectoryError('unavailable', `cannot open ${path}: ${why}`, {
    code: 'STORE_INCOMPLETE',
  });
}
