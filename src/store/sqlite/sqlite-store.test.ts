import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeSuite } from '../../contract/store-suite.js';
import { openSqliteStore } from './sqlite-store.js';

storeSuite('SQLite file', true, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'personguide-'));
  return {
    open: (options) => openSqliteStore(join(directory, 'people.db'), options),
    remove: () => rm(directory, { recursive: true }),
  };
});

storeSuite('SQLite in memory', false, async () => ({
  open: (options) => openSqliteStore(':memory:', options),
  remove: async () => {
    // Closing the store was all.
  },
}));
