import { resolve } from 'node:path';
import { DirectoryError } from '../../directory/errors.js';
import { migrate, requireKnownSchema } from '../migrate.js';
import { isBusy, toOpenError } from './errors.js';
import { migrations } from './migrations.js';
import {
  APPLICATION_ID,
  isStoreId,
  markWal,
  removeOldMark,
  requireBothFiles,
  requireIntact,
  unmarkWal,
} from './wal-mark.js';

/** What can be bound to a statement. Text must not contain NUL: SQLite would cut it off there. */
export type Value = number | string | Uint8Array | null;

/** The part of node:sqlite's StatementSync that the driver uses. */
export interface Statement {
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  run(...values: Value[]): unknown;
}

/** The part of node:sqlite's DatabaseSync that the driver uses. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type SqliteModule = {
  readonly DatabaseSync: new (path: string, options?: { readonly readOnly: boolean }) => Database;
};

/** SQLite truncates the WAL to this after a checkpoint, however large a transaction was. */
export const MAX_IDLE_WAL_BYTES = 16 * 1024 * 1024;

/** With SQLite's default of 2 MiB, a random read among 100,000 people costs 0.5 us more. */
const READER_CACHE_KIB = 32 * 1024;

/** Most of what a write reads are pages that it or the last ones have changed. */
const WRITER_CACHE_KIB = 8 * 1024;

/** How a database is opened. */
export interface DatabaseOptions {
  /**
   * Locks the file for this process and those that open it without. Runs before the file is changed;
   * if it throws, it never is.
   */
  readonly claim?: (() => void) | undefined;
  /** How long to wait for other processes. Default: not at all. */
  readonly waitMs?: number | undefined;
  /** Whether to open a file whose latest writes were in a WAL that is missing now. */
  readonly acceptLoss?: boolean | undefined;
}

/**
 * Opens a file, or `:memory:`, and migrates its schema.
 * Rejects with `unavailable` and one line that names the file, which stays unchanged, if it is in
 * use, damaged, incomplete, not writable, of another program, or newer than this program.
 */
export async function openDatabase(
  name: string,
  { claim, waitMs = 0, acceptLoss = false }: DatabaseOptions = {},
): Promise<Database> {
  if (name === '' || name.includes('\0')) throw cannotOpen(name, 'name a file, or :memory:');
  const path = absolutePath(name);
  let database: Database | undefined;
  try {
    if (!acceptLoss) requireBothFiles(path);
    database = new (loadSqlite().DatabaseSync)(path);
    database.exec(`pragma busy_timeout = ${waitMs}`);
    requireOwnDatabase(database, path);
    requireKnownSchema(path, schemaVersion(database), migrations);
    claim?.();
    if (acceptLoss) requireIntact(database, path);
    removeOldMark(database);
    setPragma(database, path, 'journal_mode', path === ':memory:' ? 'memory' : 'wal');
    configure(database, path, READER_CACHE_KIB);
    // Fails if the file cannot be written.
    database.exec('begin immediate; commit');
    await migrateDatabase(database, path);
    if (claim !== undefined) markWal(database);
    return database;
  } catch (error) {
    database?.close();
    throw toOpenError(error, path);
  }
}

/** Opens a further connection to a file that openDatabase() has opened. */
export function openConnection(path: string): Database {
  const database = new (loadSqlite().DatabaseSync)(path);
  try {
    configure(database, path, WRITER_CACHE_KIB);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The path that errors name, whatever the current directory is; `:memory:` stays as it is. */
export function absolutePath(path: string): string {
  return path === ':memory:' ? path : resolve(path);
}

/**
 * Closes the last connection. Leaves one file with all data; a process that was killed leaves a -wal
 * file beside it, which holds the latest writes, and so does one that another program reads.
 */
export function closeDatabase(database: Database): void {
  unmarkWal(database);
  try {
    // @photostructure/sqlite leaves statements to the garbage collector, and until then SQLite
    // keeps its locks. Only outside of WAL mode can it release them.
    database.exec('pragma journal_mode = delete');
    database.exec('select count(*) from sqlite_schema');
  } catch (error) {
    if (!isBusy(error)) throw error;
  } finally {
    database.close();
  }
}

/** The value of a pragma. */
export function readPragma(database: Database, name: string): unknown {
  const row = database.prepare(`pragma ${name}`).get();
  return Object.values(row as object)[0];
}

/** Node 22 warns at each start that node:sqlite is experimental, which operators cannot act on. */
function withoutWarning<T>(load: () => T): T {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Loads the SQLite of Node, or else of the package with the same API. */
export function loadSqlite(): SqliteModule {
  const builtin = withoutWarning(() => process.getBuiltinModule('node:sqlite'));
  if (builtin !== undefined) return builtin as SqliteModule;
  // Not import(): jest cannot run it in CommonJS. Not at the top: newer Nodes do not need it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('@photostructure/sqlite') as SqliteModule;
}

function configure(database: Database, path: string, cacheKib: number): void {
  setPragma(database, path, 'synchronous', 2);
  database.exec(
    `pragma journal_size_limit = ${MAX_IDLE_WAL_BYTES}; pragma cache_size = -${cacheKib}`,
  );
}

/** Throws if the database belongs to another program; an empty one is fine. */
function requireOwnDatabase(database: Database, path: string): void {
  if (isStoreId(readPragma(database, 'application_id'))) return;
  const { tables } = database.prepare('select count(*) as tables from sqlite_schema').get() as {
    tables: number;
  };
  if (tables > 0 || readPragma(database, 'application_id') !== 0) {
    throw cannotOpen(path, 'the file is the database of another program; name another');
  }
}

/** Sets a pragma and reads it back: SQLite ignores values that it cannot apply. */
function setPragma(database: Database, path: string, name: string, value: string | number): void {
  database.exec(`pragma ${name} = ${value}`);
  const actual = readPragma(database, name);
  if (actual !== value) throw cannotOpen(path, `${name} is ${String(actual)} instead of ${value}`);
}

function migrateDatabase(database: Database, path: string): Promise<void> {
  const target = {
    name: path,
    version: () => schemaVersion(database),
    apply: ({ version, sql }: { version: number; sql: string }) => {
      database.exec('begin immediate');
      // Another process may have been faster.
      if (schemaVersion(database) < version) {
        database.exec(`${sql};
          pragma application_id = ${APPLICATION_ID}; pragma user_version = ${version}`);
      }
      database.exec('commit');
    },
  };
  return migrate(target, migrations);
}

function schemaVersion(database: Database): number {
  return readPragma(database, 'user_version') as number;
}

function cannotOpen(path: string, why: string): DirectoryError {
  return new DirectoryError('unavailable', `cannot open ${path || 'the store'}: ${why}`, {
    code: 'CANNOT_OPEN_STORE',
  });
}
