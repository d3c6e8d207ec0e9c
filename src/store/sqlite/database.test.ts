import { chmod, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { person, record } from '../../contract/store-messages.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { openStore } from '../open.js';
import { closeDatabase, openDatabase, readPragma } from './database.js';
import { migrations } from './migrations.js';
import { openSqliteStore } from './sqlite-store.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

describe('SQLite file', () => {
  let folder: Folder;
  let file: string;

  beforeEach(() => {
    folder = temporaryFolder();
    file = folder.file('people.db');
  });

  afterEach(() => {
    folder[Symbol.dispose]();
  });

  async function fillStore(people: number): Promise<void> {
    const store = await openSqliteStore(file);
    await record(store, ...Array.from({ length: people }, () => person()));
    await store.close();
  }

  /** Changes the file without a store. */
  async function alter(sql: string): Promise<void> {
    const database = await openDatabase(file);
    database.exec(sql);
    closeDatabase(database);
  }

  async function expectRejected(code: string, text: string): Promise<void> {
    await expect(openStore(file)).rejects.toMatchObject({
      name: 'DirectoryError',
      reason: 'unavailable',
      code,
      message: expect.stringMatching(new RegExp(`^cannot open ${file}: .*${text}`)) as string,
    });
  }

  it('has the pragmas for durable commits and for several connections', async () => {
    const database = await openDatabase(file);
    const pragmas = ['journal_mode', 'synchronous', 'locking_mode', 'user_version'];
    expect(pragmas.map((name) => readPragma(database, name))).toEqual([
      'wal',
      2,
      'normal',
      migrations.length,
    ]);
    closeDatabase(database);
  });

  it('is a single, complete file after it was closed', async () => {
    await fillStore(100);
    await expect(stat(`${file}-wal`)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(stat(`${file}-shm`)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(folder.file('copy.db'), await readFile(file));
    const copy = await openSqliteStore(folder.file('copy.db'));
    expect((await copy.listPeople({ afterId: 0, limit: 500 })).messages).toHaveLength(100);
    await copy.close();
  });

  it('can be named by a URL', async () => {
    await fillStore(1);
    const store = await openStore(pathToFileURL(file).href);
    expect(await store.hasPeople()).toBe(true);
    await store.close();
  });

  it.each(['mongodb://localhost/people', 'file:people.db', 'mysql://x'])(
    'is not opened by the URL %s',
    async (url) => {
      await expect(openStore(url)).rejects.toMatchObject({ code: 'NO_SUCH_DRIVER' });
    },
  );

  it.each(['', 'a\0b'])('is rejected under the name %j', async (name) => {
    await expect(openStore(name)).rejects.toMatchObject({ code: 'CANNOT_OPEN_STORE' });
  });

  it('is rejected if its schema is newer, and is not changed', async () => {
    await fillStore(1);
    await alter(`pragma user_version = ${migrations.length + 1}`);
    const before = await readFile(file);
    await expectRejected('SCHEMA_TOO_NEW', `schema version ${migrations.length + 1}`);
    expect(Buffer.compare(await readFile(file), before)).toBe(0);
  });

  it('is rejected if it belongs to another program, and is not changed', async () => {
    await fillStore(1);
    await alter('pragma application_id = 77');
    const before = await readFile(file);
    await expectRejected('CANNOT_OPEN_STORE', 'another program');
    expect(Buffer.compare(await readFile(file), before)).toBe(0);
  });

  it('is rejected if it has tables but not our application id', async () => {
    await fillStore(1);
    await alter('pragma application_id = 0');
    await expectRejected('CANNOT_OPEN_STORE', 'another program');
  });

  it('is rejected if it is not a database, and is not changed', async () => {
    await writeFile(file, 'name,email\n'.repeat(1000));
    await expectRejected('NOT_A_STORE', 'not a SQLite database');
    expect(await readFile(file, 'utf8')).toBe('name,email\n'.repeat(1000));
  });

  it('is rejected if it is cut off', async () => {
    await fillStore(2000);
    const { size } = await stat(file);
    await truncate(file, size - 8192);
    await expectRejected('STORE_DAMAGED', 'cut off');
  });

  it('may be empty', async () => {
    await writeFile(file, '');
    await fillStore(1);
  });

  it('is rejected if it is a directory, or if its directory is missing', async () => {
    await mkdir(file);
    await expectRejected('CANNOT_OPEN_STORE', 'not a plain file');
    await rm(file, { recursive: true });
    file = folder.file('missing/people.db');
    await expectRejected('CANNOT_OPEN_STORE', 'no such directory');
  });

  it('is rejected if its directory cannot be written', async () => {
    await fillStore(1);
    await chmod(folder.path, 0o555);
    await asOrdinaryUser(() => expectRejected('STORE_READ_ONLY', 'cannot be written'));
    await chmod(folder.path, 0o755);
  });

  it('is rejected if it cannot be written', async () => {
    await fillStore(1);
    await chmod(folder.path, 0o777);
    await chmod(file, 0o444);
    await asOrdinaryUser(() => expectRejected('STORE_READ_ONLY', 'cannot be written'));
  });

  it('keeps its WAL small while some callers list and others write', async () => {
    const store = await openSqliteStore(file);
    const people = Array.from({ length: 1000 }, (_, index) => person({ id: index + 1 }));
    let largest = 0;
    for (let afterId = 0; afterId < 1000; afterId += 10) {
      await store.listPeople({ afterId, limit: 10 });
      await record(store, ...people);
      largest = Math.max(largest, (await stat(`${file}-wal`)).size);
    }
    await store.close();
    expect(largest).toBeLessThan(6 * 1024 * 1024);
  });
});

/** Runs `work` as an unprivileged user: file permissions do not restrict root. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
