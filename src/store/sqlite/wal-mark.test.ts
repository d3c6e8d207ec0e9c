import { copyFile, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { listUserIds, person, record } from '../../contract/store-messages.js';
import { bundleStoreWriter, startStoreWriter } from '../../test-support/store-writer.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { openSqliteStore } from './sqlite-store.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

describe('A SQLite file whose -wal file is missing', () => {
  let programs: Folder;
  let folder: Folder;
  let file: string;

  beforeAll(() => {
    programs = temporaryFolder();
    bundleStoreWriter(programs.file('writer.cjs'));
  });

  afterAll(() => {
    programs[Symbol.dispose]();
  });

  beforeEach(() => {
    folder = temporaryFolder();
    file = folder.file('people.db');
  });

  afterEach(() => {
    folder[Symbol.dispose]();
  });

  /** Leaves the files of a store whose process was killed after so many acknowledged writes. */
  async function kill(writes: number): Promise<void> {
    const writer = startStoreWriter(programs.file('writer.cjs'), file);
    await writer.until(1 + writes);
    await writer.kill('SIGKILL');
  }

  async function expectRefused(text: string): Promise<void> {
    const content = await contentOf(file);
    // SQLite creates an empty one, which must not pass for that of the store.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(openSqliteStore(file)).rejects.toMatchObject({
        code: 'STORE_INCOMPLETE',
        message: expect.stringMatching(`^cannot open ${file}: .*${text}`) as string,
      });
    }
    expect((await contentOf(file)).equals(content)).toBe(true);
  }

  it.each([
    ['deleted', () => rm(`${file}-wal`)],
    ['truncated to nothing', () => truncate(`${file}-wal`)],
  ])(
    'is not opened when that was %s after a kill, unless the loss is accepted',
    async (_, lose) => {
      await kill(50);
      await lose();
      await expectRefused('-wal, which has the latest writes, is missing or empty');
      const recovered = await openSqliteStore(file, { acceptLoss: true });
      await record(recovered, person({ name: 'New' }));
      await recovered.close();
      await (await openSqliteStore(file)).close();
    },
  );

  it('is opened again once that is back', async () => {
    await kill(50);
    await rename(`${file}-wal`, folder.file('moved'));
    await expectRefused('put it back');
    await rename(folder.file('moved'), `${file}-wal`);
    const store = await openSqliteStore(file);
    expect((await listUserIds(store, false)).length).toBeGreaterThan(5);
    await store.close();
  });

  it('is not opened when it was copied from a running store', async () => {
    const store = await openSqliteStore(folder.file('running.db'));
    await copyFile(folder.file('running.db'), file);
    await expectRefused('-wal, which has the latest writes, is missing or empty');
    await store.close();
    await copyFile(folder.file('running.db'), file);
    await (await openSqliteStore(file)).close();
  });

  it('is not opened when it is damaged without, whatever is accepted', async () => {
    const store = await openSqliteStore(file);
    await record(
      store,
      ...Array.from({ length: 300 }, () => person({ note: 'long '.repeat(300) })),
    );
    await store.close();
    const running = await openSqliteStore(file);
    await copyFile(file, folder.file('copy.db'));
    await running.close();
    file = folder.file('copy.db');
    const content = await readFile(file);
    await writeFile(file, content.fill(0xff, 60 * 4096, 63 * 4096));
    await expect(openSqliteStore(file, { acceptLoss: true })).rejects.toMatchObject({
      code: 'STORE_INCOMPLETE',
      message: expect.stringContaining('restore a backup') as string,
    });
    await expectRefused('missing or empty');
  });

  it('is not created beside the -wal file of another, which SQLite would delete', async () => {
    await kill(20);
    await rename(file, folder.file('moved'));
    const { size } = await stat(`${file}-wal`);
    await expectRefused('put the file of that store back');
    await writeFile(file, '');
    await expectRefused('put the file of that store back');
    expect((await stat(`${file}-wal`)).size).toBe(size);
    await rename(folder.file('moved'), file);
    await (await openSqliteStore(file)).close();
  });

  it('is opened after its process has ended without closing it', async () => {
    // The process ends when a write fails, and does not close its store.
    const limits = ['sh', '-c', 'ulimit -f 400; exec "$@"', 'sh'];
    const writer = startStoreWriter(programs.file('writer.cjs'), file, limits);
    await writer.until(Infinity);
    await expect(stat(`${file}-wal`)).rejects.toMatchObject({ code: 'ENOENT' });
    await (await openSqliteStore(file)).close();
  });
});

async function contentOf(file: string): Promise<Buffer> {
  return readFile(file).catch(() => Buffer.alloc(0));
}
