import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { person, record } from '../../contract/store-messages.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { checkBackup, restoreBackup } from './backup-file.js';
import { loadSqlite } from './database.js';
import { openSqliteStore } from './sqlite-store.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

describe('The file of a backup', () => {
  let folder: Folder;
  let backup: string;
  let store: string;

  beforeEach(async () => {
    folder = temporaryFolder();
    backup = folder.file('backup.db');
    store = folder.file('people.db');
    const open = await openSqliteStore(backup);
    await record(open, ...Array.from({ length: 500 }, () => person()));
    await open.close();
  });

  afterEach(() => {
    folder[Symbol.dispose]();
  });

  it('is restored to a store that can be opened, and stays as it is', async () => {
    const before = readFileSync(backup);
    expect(await restoreBackup(backup, store)).toEqual({
      people: 500,
      users: 0,
      bytes: before.length,
      schemaVersion: expect.any(Number) as number,
    });
    expect(readdirSync(folder.path).sort()).toEqual(['backup.db', 'people.db']);
    expect(readFileSync(backup).equals(before)).toBe(true);
    const open = await openSqliteStore(store);
    expect((await open.listPeople({ afterId: 0, limit: 1000 })).messages).toHaveLength(500);
    await open.close();
  });

  it.each(['', '-wal', '-journal'])('never replaces %s a file of a store', async (suffix) => {
    writeFileSync(`${store}${suffix}`, 'precious');
    await expect(restoreBackup(backup, store)).rejects.toMatchObject({
      reason: 'already-exists',
      message: `${store}${suffix} exists; move it away, or name another file`,
    });
    expect(readFileSync(`${store}${suffix}`, 'utf8')).toBe('precious');
    expect(readdirSync(folder.path)).toHaveLength(2);
  });

  /** Changes the backup with SQLite. */
  function alter(sql: string): void {
    const database = new (loadSqlite().DatabaseSync)(backup);
    database.exec(sql);
    database.close();
  }

  function overwrite(at: number, bytes: Buffer): void {
    const content = readFileSync(backup);
    bytes.copy(content, at);
    writeFileSync(backup, content);
  }

  it.each([
    ['is missing', 'ENOENT', () => (backup += '.missing')],
    [
      'is not a database',
      'it is not a SQLite database',
      () => {
        writeFileSync(backup, 'text');
      },
    ],
    [
      'is empty',
      'it is not a SQLite database',
      () => {
        writeFileSync(backup, '');
      },
    ],
    [
      'belongs to another program',
      'it is the database of another program',
      () => {
        alter('pragma application_id = 1');
      },
    ],
    [
      'is newer',
      'it has schema version 999',
      () => {
        alter('pragma user_version = 999');
      },
    ],
    [
      'has a -wal file',
      'backup.db-wal belongs to it; start and stop a server on it first',
      () => {
        writeFileSync(`${backup}-wal`, '');
      },
    ],
    [
      'is cut off',
      'damaged',
      () => {
        writeFileSync(backup, readFileSync(backup).subarray(0, 5 * 4096));
      },
    ],
    [
      'has a damaged page',
      'damaged',
      () => {
        overwrite(6 * 4096, Buffer.alloc(4096, 0xff));
      },
    ],
  ])('is rejected by name if it %s, and nothing is left', async (_, text, change) => {
    change();
    const before = readdirSync(folder.path).sort();
    await expect(checkBackup(backup)).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringMatching(new RegExp(`${backup}.*${text}`, 's')) as string,
    });
    await expect(restoreBackup(backup, store)).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringMatching(new RegExp(`${folder.path}.*${text}`, 's')) as string,
    });
    expect(readdirSync(folder.path).sort()).toEqual(before);
  });
});
