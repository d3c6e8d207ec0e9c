import { fileURLToPath } from 'node:url';
import { DirectoryError } from '../directory/errors.js';
import type { Store } from '../directory/store.js';

/**
 * Opens the store that the URL names: `:memory:`, the path of a SQLite file, or a `file:///` URL.
 * The file is created if there is none, its directory is not. Only the driver asked for is loaded.
 * Rejects with a DirectoryError that tells an operator what to do.
 */
export async function openStore(url: string): Promise<Store> {
  if (url.startsWith('file:///')) return openSqlite(fileURLToPath(url));
  const scheme = /^(file:|[a-z][a-z0-9+.-]+:\/\/)/i.exec(url)?.[1];
  if (scheme === undefined) return openSqlite(url);
  throw new DirectoryError(
    'unavailable',
    `this program has no driver for ${scheme} stores; name a file, a file:/// URL, or :memory:`,
    { code: 'NO_SUCH_DRIVER' },
  );
}

function openSqlite(path: string): Promise<Store> {
  // Not import(): jest cannot run it in CommonJS. A bundler still sees this.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const driver = require('./sqlite/sqlite-store.js') as typeof import('./sqlite/sqlite-store.js');
  return driver.openSqliteStore(path);
}
