import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { BackupPart, BackupStore } from '../../directory/backup.js';
import type { Store } from '../../directory/store.js';
import { person, record, user } from '../../contract/store-messages.js';
import { all } from '../../test-support/outcome.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { prepareBackups } from './backup.js';
import { checkBackup } from './backup-file.js';
import { closeDatabase, openConnection, openDatabase } from './database.js';
import { prepareFreeze } from './freeze.js';
import { openSqliteStore } from './sqlite-store.js';
import { openStoreFile } from './store-file.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

const PEOPLE = 20_000;

/** People enough for several parts, and for more changes than a checkpoint waits for. */
function manyPeople(): ReturnType<typeof person>[] {
  return Array.from({ length: PEOPLE }, () => person({ name: 'long '.repeat(40), id: 0 }));
}

describe('A backup of a SQLite store', () => {
  let folder: Folder;
  let file: string;
  let store: Store & BackupStore;

  beforeEach(async () => {
    folder = temporaryFolder();
    file = folder.file('people.db');
    store = await openSqliteStore(file);
  });

  afterEach(async () => {
    await store.close();
    folder[Symbol.dispose]();
  });

  function save(parts: readonly BackupPart[]): string {
    const path = folder.file('backup.db');
    writeFileSync(path, Buffer.concat(parts.map(({ data }) => data)));
    return path;
  }

  it('has all that was acknowledged before it, and nothing that was written during it', async () => {
    await record(store, ...manyPeople());
    await store.addUser(user());
    const parts: BackupPart[] = [];
    for await (const part of store.backup()) {
      parts.push(part);
      if (parts.length > 1) continue;
      await record(store, ...manyPeople());
      await store.addUser(user());
    }
    expect(parts.length).toBeGreaterThan(4);
    const bytes = parts.reduce((sum, { data }) => sum + data.length, 0);
    expect(parts.at(-1)).toMatchObject({ sentBytes: bytes, totalBytes: bytes });
    expect(await checkBackup(save(parts))).toMatchObject({ people: PEOPLE, users: 1, bytes });
    // The next one has it all.
    expect(await checkBackup(save(await all(store.backup())))).toMatchObject({
      people: 2 * PEOPLE,
      users: 2,
    });
  });

  it.each([
    ['complete', (parts: AsyncIterable<BackupPart>) => all(parts)],
    [
      'abandoned',
      async (parts: AsyncIterable<BackupPart>) => {
        const iterator = parts[Symbol.asyncIterator]();
        await iterator.next();
        await iterator.return?.();
      },
    ],
  ])('lets changes move from the WAL into the file again once it is %s', async (_, use) => {
    await record(store, ...manyPeople());
    await use(store.backup());
    const before = statSync(file).size;
    await record(store, ...manyPeople());
    await store.addUser(user());
    expect(statSync(file).size).toBeGreaterThan(before);
  });

  it('is the only one at a time', async () => {
    const first = store.backup()[Symbol.asyncIterator]();
    await first.next();
    await expect(all(store.backup())).rejects.toMatchObject({
      reason: 'conflict',
      code: 'BACKUP_RUNNING',
    });
    await first.return?.();
    await all(store.backup());
  });

  it('ends when the store is closed, which leaves one complete file', async () => {
    await record(store, ...manyPeople());
    const parts = store.backup()[Symbol.asyncIterator]();
    await parts.next();
    await store.addUser(user());
    const next = parts.next();
    await store.close();
    await next;
    await expect(parts.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect(await checkBackup(file)).toMatchObject({ people: PEOPLE, users: 1 });
  });

  it('ends with the reason of an aborted signal', async () => {
    const aborter = new AbortController();
    await record(store, ...manyPeople());
    const parts = store.backup({ signal: aborter.signal })[Symbol.asyncIterator]();
    await parts.next();
    aborter.abort(new Error('no longer wanted'));
    await expect(parts.next()).rejects.toThrow('no longer wanted');
  });

  it('saves the content of a file that was deleted', async () => {
    await record(store, person(), person());
    rmSync(file);
    expect(await checkBackup(save(await all(store.backup())))).toMatchObject({ people: 2 });
    // So that the store can be closed.
    await expect(store.close()).rejects.toMatchObject({ code: 'STORE_FILE_GONE' });
    store = await openSqliteStore(':memory:');
  });

  it('ends when more is written during it than may be kept back', async () => {
    const other = folder.file('other.db');
    const database = await openDatabase(other);
    database.exec('insert into users values (1, 0, null, zeroblob(600000))');
    const storeFile = openStoreFile(other);
    const second = openConnection(other);
    const file = prepareFreeze(database, second, () => {
      database.exec('begin immediate');
    });
    const freezing = {
      freeze: async () => file.freeze(),
      unfreeze: async () => {
        file.unfreeze();
      },
    };
    const parts = prepareBackups(freezing, storeFile, 1).start(() => undefined);
    await parts.next();
    database.exec('insert into users values (2, 0, null, zeroblob(1200000))');
    await expect(parts.next()).rejects.toMatchObject({
      reason: 'exhausted',
      code: 'BACKUP_TOO_SLOW',
      message: expect.stringContaining('more than 1 MiB') as string,
    });
    second.close();
    closeDatabase(database);
    storeFile.close();
  });

  it('is not possible in memory', async () => {
    const inMemory = await openSqliteStore(':memory:');
    await expect(all(inMemory.backup())).rejects.toMatchObject({
      reason: 'conflict',
      code: 'BACKUP_UNSUPPORTED',
    });
    await inMemory.close();
  });

  it('is not a copy of the file, which lacks the changes in the WAL', async () => {
    await record(store, person());
    writeFileSync(folder.file('copy.db'), readFileSync(file));
    await expect(checkBackup(folder.file('copy.db'))).rejects.toMatchObject({
      message:
        `cannot use ${folder.file('copy.db')}: it was copied from a running store and is not ` +
        'complete; use `personguide backup`, or copy the file while no server runs',
    });
  });
});
