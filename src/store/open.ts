import { fileURLToPath } from 'node:url';
import { DirectoryError } from '../directory/errors.js';
import type { Store } from '../directory/store.js';

export { redactedStoreUrl } from './redacted-url.js';

/**
 * Opens the store that the URL names: `:memory:`, the path of a SQLite file, a `file:///` URL, or
 * a `postgres://` URL. A file is created if it does not exist; its directory is not. Loads only the
 * driver that it needs.
 * Rejects with a DirectoryError whose message is one line for the operator, without passwords.
 */
export async function openStore(url: string): Promise<Store> {
  if (/^file:\/\/\//i.test(url)) return openSqlite(pathOf(url));
  const scheme = /^(file:|[a-z][a-z0-9+.-]+:\/\/)/i.exec(url)?.[1];
  if (scheme === undefined) return openSqlite(url);
  if (/^postgres(ql)?:\/\/$/i.test(scheme)) return openPostgres(url);
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

function openSqlite(path: string): Promise<Store> {
  // Not import(): jest cannot run it in CommonJS. A bundler still sees this.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const driver = require('./sqlite/sqlite-store.js') as typeof import('./sqlite/sqlite-store.js');
  return driver.openSqliteStore(path);
}

type PostgresDriver = typeof import('./postgres/postgres-store.js');

function openPostgres(url: string): Promise<Store> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const driver = require('./postgres/postgres-store.js') as PostgresDriver;
  return driver.openPostgresStore(url);
}
