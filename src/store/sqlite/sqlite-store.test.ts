import { readFile, writeFile } from 'node:fs/promises';
import { person, user } from '../../contract/store-messages.js';
import { storeSuite } from '../../contract/store-suite.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { MAX_ID } from '../../directory/person-row.js';
import { closeDatabase, openDatabase } from './database.js';
import { openSqliteStore } from './sqlite-store.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

storeSuite('SQLite, in a file', true, async () => {
  const folder = temporaryFolder();
  return {
    open: (options) => openSqliteStore(folder.file('people.db'), options),
    remove: async () => {
      folder[Symbol.dispose]();
    },
  };
});

storeSuite('SQLite, in memory', false, async () => ({
  open: (options) => openSqliteStore(':memory:', options),
  remove: async () => {
    // Closing the store was all.
  },
}));

describe('SQLite store', () => {
  let folder: Folder;
  let file: string;

  beforeEach(() => {
    folder = temporaryFolder();
    file = folder.file('people.db');
  });

  afterEach(() => {
    folder[Symbol.dispose]();
  });

  it('deletes answers that are too old to be given again, a few at each write', async () => {
    let nowMs = Date.now();
    const store = await openSqliteStore(file, { now: () => new Date(nowMs) });
    const addOnce = (key: string) =>
      store.addUser(user(), { once: { key, method: '/add', fingerprint: '' } });
    for (let count = 0; count < 20; count += 1) await addOnce(`early ${count}`);
    nowMs += 24 * 60 * 60 * 1000;
    for (let count = 0; count < 3; count += 1) await addOnce(`late ${count}`);
    await store.close();
    expect(await readValue('select group_concat(key) from answers')).toBe('late 0,late 1,late 2');
  });

  it('refuses to add a user when no id is left, and adds none', async () => {
    await (await openSqliteStore(file)).close();
    await execute(`insert into users (id, verified, message) values (${MAX_ID - 1}, 0, x'')`);
    const store = await openSqliteStore(file);
    const results = await Promise.allSettled([store.addUser(user()), store.addUser(user())]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { reason: 'exhausted', code: 'NO_ID_LEFT' } },
    ]);
    await store.close();
    expect(await readValue('select count(*) from users')).toBe(2);
  });

  it('leaves no address behind of a person who has moved', async () => {
    const store = await openSqliteStore(file);
    for (const name of ['Here', 'There', 'Nowhere']) {
      await store.recordPeople([person({ id: 1, adresses: [{ name }] })]);
    }
    await store.close();
    expect(await readValue('select group_concat(address_key) from person_addresses')).toBe(
      'nowhere',
    );
  });

  it('tells that it is damaged where it cannot read what it wrote', async () => {
    let store = await openSqliteStore(file);
    await store.recordPeople(Array.from({ length: 2000 }, () => person({ email: 'a@b.c' })));
    await store.close();
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0xff, 12 * 4096));
    store = await openSqliteStore(file);
    await expect(store.listPeople({ afterId: 0, limit: 2000 })).rejects.toMatchObject({
      reason: 'unavailable',
      code: 'STORE_DAMAGED',
    });
    await store.close().catch(() => undefined);
  });

  async function execute(sql: string): Promise<void> {
    const database = await openDatabase(file);
    database.exec(sql);
    closeDatabase(database);
  }

  async function readValue(sql: string): Promise<unknown> {
    const database = await openDatabase(file);
    const row = database.prepare(sql).get();
    closeDatabase(database);
    return Object.values(row as object)[0];
  }
});
