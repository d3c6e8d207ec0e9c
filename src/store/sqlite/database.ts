import { DirectoryError } from '../../directory/errors.js';
import { migrate, requireKnownSchema } from '../migrate.js';
import { toOpenError } from './errors.js';
import { migrations } from './migrations.js';

/** What can be bound to a statement. Text must not contain NUL: SQLite would cut it off there. */
export type Value = number | string | Uint8Array | null;

/** The part of node:sqlite's StatementSync that the driver uses. */
export interface Statement {
  get(...values: Value[]): unknown;
  run(...values: Value[]): unknown;
}

/** The part of node:sqlite's DatabaseSync that the driver uses. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type SqliteModule = { readonly DatabaseSync: new (path: string) => Database };

/** Marks a file as ours; "PGde". */
const APPLICATION_ID = 0x50476465;

/** Keeps the WAL file from staying as large as the largest transaction made it. */
const WAL_BYTES_KEPT = 16 * 1024 * 1024;

/** For reads all over the file: with SQLite's 2 MiB, one of 100,000 people costs 0.5 us more. */
const CACHE_KIB = 32 * 1024;

/**
 * Opens a file, or `:memory:`, for this process alone, and brings its schema up to date.
 * Rejects with `unavailable` and one line that names the file: in use, damaged, not writable,
 * of another program, newer than this program. Nothing is changed in a file that is refused.
 */
export async function openDatabase(path: string): Promise<Database> {
  if (path === '' || path.includes('\0')) throw refusal(path, 'name a file, or :memory:');
  let database: Database | undefined;
  try {
    database = new (loadSqlite().DatabaseSync)(path);
    lockForThisProcess(database, path);
    await migrateDatabase(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw toOpenError(error, path);
  }
}

/**
 * Closes the database and gives up its lock; leaves one file with everything in it.
 * A file that was killed, not closed, keeps its -wal file beside it: the two belong together.
 */
export function closeDatabase(database: Database): void {
  try {
    // @photostructure/sqlite leaves statements to the garbage collector, and until then SQLite
    // keeps what it has locked. The lock can be given up only outside of WAL mode.
    database.exec('pragma journal_mode = delete; pragma locking_mode = normal;');
    database.exec('select count(*) from sqlite_schema');
  } finally {
    database.close();
  }
}

/** The value of a pragma. */
export function readPragma(database: Database, name: string): unknown {
  const row = database.prepare(`pragma ${name}`).get();
  return Object.values(row as object)[0];
}

/** Node 22 warns at every start that node:sqlite is experimental; standard error is for the operator. */
function withoutWarning<T>(load: () => T): T {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function loadSqlite(): SqliteModule {
  const builtin = withoutWarning(() => process.getBuiltinModule('node:sqlite'));
  if (builtin !== undefined) return builtin as SqliteModule;
  // Not import(): jest cannot run it in CommonJS. Not at the top: newer Nodes need not load it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('@photostructure/sqlite') as SqliteModule;
}

function lockForThisProcess(database: Database, path: string): void {
  // Before anything reads: then the first read takes the lock, and WAL needs no shared memory.
  database.exec('pragma locking_mode = exclusive');
  requireOurs(database, path);
  requireKnownSchema(path, schemaVersion(database), migrations);
  setPragma(database, path, 'journal_mode', path === ':memory:' ? 'memory' : 'wal');
  setPragma(database, path, 'synchronous', 2);
  database.exec(`pragma journal_size_limit = ${WAL_BYTES_KEPT}; pragma cache_size = -${CACHE_KIB}`);
  database.exec('begin exclusive; commit');
}

/** Refuses a database of another program; one that is still empty becomes ours. */
function requireOurs(database: Database, path: string): void {
  if (readPragma(database, 'application_id') === APPLICATION_ID) return;
  const { tables } = database.prepare('select count(*) as tables from sqlite_schema').get() as {
    tables: number;
  };
  if (tables > 0 || readPragma(database, 'application_id') !== 0) {
    throw refusal(path, 'the file is the database of another program; name another');
  }
}

/** Sets a pragma and reads it back: SQLite passes over what it cannot do. */
function setPragma(database: Database, path: string, name: string, value: string | number): void {
  database.exec(`pragma ${name} = ${value}`);
  const inForce = readPragma(database, name);
  if (inForce !== value) throw refusal(path, `${name} is ${String(inForce)} instead of ${value}`);
}

function migrateDatabase(database: Database, path: string): Promise<void> {
  const target = {
    name: path,
    version: () => schemaVersion(database),
    apply: ({ version, sql }: { version: number; sql: string }) => {
      database.exec(`begin immediate; ${sql};
        pragma application_id = ${APPLICATION_ID}; pragma user_version = ${version}; commit`);
    },
  };
  return migrate(target, migrations);
}

function schemaVersion(database: Database): number {
  return readPragma(database, 'user_version') as number;
}

function refusal(path: string, why: string): DirectoryError {
  return new DirectoryError('unavailable', `cannot open ${path || 'the store'}: ${why}`, {
    code: 'CANNOT_OPEN_STORE',
  });
}
