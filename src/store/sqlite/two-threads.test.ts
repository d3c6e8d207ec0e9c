import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { adress, add, decoded, listUserIds, person, user } from '../../contract/store-messages.js';
import type { Store } from '../../directory/store.js';
import { deferred } from '../../test-support/deferred.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { loadSqlite, type Database } from './database.js';
import { openSqliteStore } from './sqlite-store.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

describe('The two threads of a SQLite store', () => {
  let folder: Folder;
  let file: string;
  let store: Store;

  beforeEach(async () => {
    folder = temporaryFolder();
    file = folder.file('people.db');
    store = await openSqliteStore(file);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await store.close();
    folder[Symbol.dispose]();
  });

  it('leave the event loop free while a large recording is written', async () => {
    const people = Array.from({ length: 4_000 }, (_, index) =>
      person({
        name: `Person ${index}`,
        adresses: Array.from({ length: 20 }, (_, place) => adress(`Street ${index} ${place}`)),
      }),
    );
    const longest = longestTurn();
    const startMs = performance.now();
    await store.recordPeople(people);
    const wholeMs = performance.now() - startMs;
    // As shares, because other programs slow both down. In one thread it is all of it.
    expect(longest() / wholeMs).toBeLessThan(0.25);
    expect(await store.countPeople()).toBe(4_000);
  });

  it('never let a read that follows a write see the state before it', async () => {
    let reading = true;
    // Each turn begins with a read, whose state those of the same turn share.
    const read = (): void => {
      if (!reading) return;
      void store.countPeople();
      setImmediate(read);
    };
    read();
    try {
      for (let id = 1; id <= 100; id += 1) {
        const listened = deferred<number>();
        const stop = store.onChange(() => {
          void store.countPeople().then(listened.resolve);
        });
        await store.recordPeople([person({ id })]);
        expect(await store.countPeople()).toBe(id);
        expect(await listened.promise).toBe(id);
        stop();
      }
    } finally {
      reading = false;
    }
  });

  it('finish writes of all sizes before the store is closed', async () => {
    const many = Array.from({ length: 5_000 }, () => person());
    const written = Promise.all([
      add(store),
      store.recordPeople(many),
      add(store),
      store.importPeople({
        people: many.map((each, index) => ({ index, person: each })),
        ...{ faults: [], match: 'none', dryRun: false, importId: 'i' },
        ...{ committedBefore: 0, committedAfter: many.length },
      }),
    ]);
    await store.close();
    await written;
    store = await openSqliteStore(file);
    expect(await store.countPeople()).toBe(10_000);
    expect(await listUserIds(store, false)).toEqual([1, 2]);
  });

  it('acknowledge nothing after the thread of the writer has ended, and serve reads', async () => {
    await add(store, { firstName: 'Ann' });
    // A write that does not arrive, so that it is pending when the thread ends.
    const posted = jest
      .spyOn(Worker.prototype, 'postMessage')
      .mockImplementationOnce(() => undefined);
    const pending = store.addUser(user());
    await new Promise(setImmediate);
    const writer = posted.mock.contexts[0] as Worker;
    const ended = {
      name: 'DirectoryError',
      reason: 'unavailable',
      code: 'STORE_WRITER_ENDED',
      cause: {
        message: expect.stringMatching(
          `^the thread that writes ${file} has ended: .*; restart the server$`,
        ) as string,
      },
    };
    const expected = expect(pending).rejects.toMatchObject(ended);
    await writer.terminate();
    await expected;
    await expect(store.addUser(user())).rejects.toMatchObject(ended);
    await expect(store.check()).rejects.toMatchObject(ended);
    await expect(store.check()).rejects.toMatchObject(ended);
    const found = await store.findUser({ id: 1 });
    expect(found).toBeDefined();
    await store.close();
    store = await openSqliteStore(file);
    expect((await add(store)).id).toBeLessThanOrEqual(3);
  });

  it('pass errors on with all that callers and logs read', async () => {
    await store.changePerson({ kind: 'create', person: person({ id: 5 }) });
    const change = { kind: 'update', fields: [], allowMissing: false } as const;
    const wrong = { ...change, person: person({ id: 5 }), etag: 'other' };
    await expect(store.changePerson(wrong)).rejects.toMatchObject({
      name: 'DirectoryError',
      reason: 'aborted',
      code: 'ETAG_MISMATCH',
      metadata: { etag: decoded((await store.findPeople([{ id: 5 }]))[0])?.etag },
    });
  });

  it('keep servers of older versions from opening the file, which lock it as a whole', async () => {
    const openOlder = (): Database => {
      const database = new (loadSqlite().DatabaseSync)(file);
      try {
        database.exec('pragma locking_mode = exclusive; select count(*) from people');
        return database;
      } catch (error) {
        database.close();
        throw error;
      }
    };
    expect(openOlder).toThrow('locked');
    await store.close();
    const older = openOlder();
    await expect(openSqliteStore(file)).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: `cannot open ${file}: another process has it open; stop that one or name another file`,
    });
    older.close();
    store = await openSqliteStore(file);
  });

  it('leave no lock behind', async () => {
    expect(existsSync(`${file}-lock`)).toBe(true);
    await expect(openSqliteStore(file)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await store.close();
    expect(existsSync(`${file}-lock`)).toBe(false);
  });
});

/** Measures the longest turn of the event loop from now on, until it is called. */
function longestTurn(): () => number {
  let longestMs = 0;
  let lastMs = performance.now();
  let measuring = true;
  const measure = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - lastMs);
    lastMs = now;
    if (measuring) setImmediate(measure);
  };
  setImmediate(measure);
  return () => {
    measuring = false;
    return longestMs;
  };
}
