import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { adress, listIds, person, user } from '../../contract/store-messages.js';
import { storeSuite } from '../../contract/store-suite.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { MAX_ID } from '../../directory/free-ids.js';
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
    // The data was gone when the store was closed.
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

  it('deletes expired results, a few with each write', async () => {
    let nowMs = Date.now();
    const store = await openSqliteStore(file, { now: () => new Date(nowMs) });
    const addWithKey = (key: string) =>
      store.addUser(user(), { idempotencyKey: { key, method: '/add', digest: '' } });
    for (let count = 0; count < 20; count += 1) await addWithKey(`early ${count}`);
    nowMs += 24 * 60 * 60 * 1000;
    for (let count = 0; count < 3; count += 1) await addWithKey(`late ${count}`);
    await store.close();
    expect(await readValue('select group_concat(key) from idempotency_results')).toBe(
      'late 0,late 1,late 2',
    );
  });

  it('rejects a user when no id is left, and adds none', async () => {
    await (await openSqliteStore(file)).close();
    await execute(`update counters set value = ${MAX_ID} where name = 'first_free_user_id'`);
    const store = await openSqliteStore(file);
    const results = await Promise.allSettled([store.addUser(user()), store.addUser(user())]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { reason: 'exhausted', code: 'NO_ID_LEFT' } },
    ]);
    await store.close();
    expect(await readValue('select group_concat(id) from users')).toBe(String(MAX_ID));
  });

  it('assigns ids again where a version before had used them up', async () => {
    const store = await openSqliteStore(file);
    await store.recordPeople([person(), person(), person({ id: MAX_ID })]);
    await store.close();
    await execute(`update counters set value = ${MAX_ID + 1} where name = 'first_free_person_id'`);
    const again = await openSqliteStore(file);
    await again.recordPeople([person(), person()]);
    expect(await listIds(again)).toEqual([1, 2, 3, 4, MAX_ID]);
    await again.close();
  });

  it('removes the old addresses of a person who has moved', async () => {
    const store = await openSqliteStore(file);
    for (const name of ['Here', 'There', 'Nowhere']) {
      await store.recordPeople([person({ id: 1, adresses: [adress(name)] })]);
    }
    await store.close();
    expect(await readValue('select group_concat(address_key) from person_addresses')).toBe(
      'nowhere',
    );
  });

  it('reports that it is damaged when it cannot read what it wrote', async () => {
    await recordAndDamage();
    const store = await openSqliteStore(file);
    await expect(store.listPeople({ afterId: 0, limit: 2000 })).rejects.toMatchObject({
      reason: 'unavailable',
      code: 'STORE_DAMAGED',
    });
    await store.close().catch(() => undefined);
  });

  it('fails its check when the file cannot be read', async () => {
    await recordAndDamage();
    const store = await openSqliteStore(file);
    await expect(store.check()).rejects.toMatchObject({
      reason: 'unavailable',
      code: 'STORE_DAMAGED',
    });
    await store.close().catch(() => undefined);
  });

  it('fails its check when the file was deleted or replaced', async () => {
    const store = await openSqliteStore(file);
    await store.check();
    await rename(file, `${file}.moved`);
    const gone = { reason: 'unavailable', code: 'STORE_FILE_GONE' };
    await expect(store.check()).rejects.toMatchObject(gone);
    await writeFile(file, '');
    await expect(store.check()).rejects.toMatchObject(gone);
    await rename(`${file}.moved`, file);
    await store.check();
    await store.close();
  });

  /** Overwrites everything that was added to the file when people were recorded. */
  async function recordAndDamage(): Promise<void> {
    let store = await openSqliteStore(file);
    await store.close();
    const { size } = await stat(file);
    store = await openSqliteStore(file);
    await store.recordPeople(Array.from({ length: 2000 }, () => person({ email: 'a@b.c' })));
    await store.close();
    await writeFile(file, (await readFile(file)).fill(0xff, size));
  }

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
