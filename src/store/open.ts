import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DirectoryError } from '../directory/errors.js';
import type { Commit, Store } from '../directory/store.js';

export { copyStore, type CopyCounts, type CopyStep } from './copy.js';
export type { Commit, Store } from '../directory/store.js';
export { redactedStoreUrl } from './redacted-url.js';

/** How a store is opened. */
export interface OpenOptions {
  /** Whether to reject a store that does not exist yet, instead of creating it. */
  readonly mustExist?: boolean;
  /**
   * The country of phone numbers that do not name theirs, such as `AR`; empty for none. Default:
   * that of the last time.
   */
  readonly defaultCountry?: string | undefined;
  /** Called after each commit of writes, for metrics. It must not throw. */
  readonly onCommit?: ((commit: Commit) => void) | undefined;
  /**
   * Whether other processes of the same server use a SQLite file, too. It is not locked then: one of
   * them must hold it; see holdStore(). Other stores can always be shared.
   */
  readonly shared?: boolean | undefined;
}

/** A store that is kept for the processes of one server. */
export interface HeldStore {
  close(): Promise<void>;
}

/**
 * Keeps a store for the processes that open it with the option `shared`: locks the SQLite file and
 * brings its schema up to date. Call `close` when they have ended. Rejects as openStore() does, also
 * for `:memory:`, which processes cannot share. Other stores need nothing of this.
 */
export async function holdStore(url: string): Promise<HeldStore> {
  const path = sqlitePath(url);
  if (path === ':memory:') {
    throw new DirectoryError('unavailable', 'cannot open :memory: for several processes', {
      code: 'CANNOT_OPEN_STORE',
    });
  }
  if (path === undefined) return { close: async () => undefined };
  return sqliteDriver().holdSqliteFile(path);
}

/**
 * Opens the store that the URL names: `:memory:`, the path of a SQLite file, a `file:///` URL, or
 * a `postgres://` URL. A file is created if it does not exist; its directory is not. Loads only the
 * driver that it needs.
 * Rejects with a DirectoryError whose message is one line for the operator, without passwords.
 */
export async function openStore(url: string, options: OpenOptions = {}): Promise<Store> {
  const path = sqlitePath(url);
  return path === undefined ? openPostgres(url, options) : openSqlite(path, options);
}

/** The path of a SQLite store; undefined for a PostgreSQL URL. */
function sqlitePath(url: string): string | undefined {
  if (/^file:\/\/\//i.test(url)) return pathOf(url);
  const scheme = /^(file:|[a-z][a-z0-9+.-]+:\/\/)/i.exec(url)?.[1];
  if (scheme === undefined) return url;
  if (/^postgres(ql)?:\/\/$/i.test(scheme)) return undefined;
  throw new DirectoryError(
    'unavailable',
    `there is no driver for ${scheme} stores; name a file, a postgres:// URL, or :memory:`,
    { code: 'NO_SUCH_DRIVER' },
  );
}

function pathOf(fileUrl: string): string {
  try {
    return fileURLToPath(fileUrl);
  } catch (cause) {
    throw new DirectoryError('unavailable', `cannot open ${fileUrl}: it does not name a file`, {
      code: 'CANNOT_OPEN_STORE',
      cause,
    });
  }
}

function openSqlite(path: string, { mustExist = false, ...options }: OpenOptions): Promise<Store> {
  if (mustExist && path !== ':memory:' && !existsSync(path)) {
    throw new DirectoryError('unavailable', `cannot open ${path}: there is no such file`, {
      code: 'CANNOT_OPEN_STORE',
    });
  }
  return sqliteDriver().openSqliteStore(path, options);
}

type SqliteDriver = typeof import('./sqlite/sqlite-store.js');

function sqliteDriver(): SqliteDriver {
  // Not import(): jest cannot run it in CommonJS. A bundler still sees this.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./sqlite/sqlite-store.js') as SqliteDriver;
}

type PostgresDriver = typeof import('./postgres/postgres-store.js');

function openPostgres(url: string, options: OpenOptions): Promise<Store> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const driver = require('./postgres/postgres-store.js') as PostgresDriver;
  return driver.openPostgresStore(url, options);
}
