import { stat } from 'node:fs/promises';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { closeDatabase, openDatabase, type Database } from './database.js';
import { toStoreError } from './errors.js';
import { createGroupCommit, type GroupCommit } from './group-commit.js';

describe('group commit', () => {
  let folder: Folder;
  let database: Database;
  let group: GroupCommit;

  beforeEach(async () => {
    folder = temporaryFolder();
    database = await openDatabase(folder.file('people.db'));
    database.exec('create table numbers (number integer primary key, bytes blob) strict');
    group = createGroupCommit(database);
  });

  afterEach(() => {
    closeDatabase(database);
    folder[Symbol.dispose]();
  });

  function insert(number: number, bytes = 1, signal?: AbortSignal): Promise<number> {
    return group.write(() => {
      database.prepare('insert into numbers values (?, zeroblob(?))').run(number, bytes);
      return number;
    }, signal);
  }

  function stored(): unknown {
    const row = database.prepare('select group_concat(number) as numbers from numbers').get();
    return (row as { numbers: unknown }).numbers;
  }

  async function outcomes(writes: readonly Promise<unknown>[]): Promise<string[]> {
    return (await Promise.allSettled(writes)).map(({ status }) => status);
  }

  it('resolves each write with its result after it was stored', async () => {
    const seen = [3, 1, 2].map((number) => insert(number).then((result) => [result, stored()]));
    expect(stored()).toBeNull();
    expect(await Promise.all(seen)).toEqual([
      [3, '1,2,3'],
      [1, '1,2,3'],
      [2, '1,2,3'],
    ]);
  });

  it('commits the writes of one turn together', async () => {
    await insert(0);
    const wal = folder.file('people.db-wal');
    const before = (await stat(wal)).size;
    await Promise.all(Array.from({ length: 200 }, (_, index) => insert(index + 1)));
    const pages = ((await stat(wal)).size - before) / 4096;
    expect(pages).toBeLessThan(20);
  });

  it('undoes all of a write that throws, and no other', async () => {
    const first = insert(1);
    const halfDone = group.write(() => {
      database.exec('insert into numbers values (8, null)');
      throw new Error('half done');
    });
    const statement = group.writeStatement(() => {
      database.exec('insert into numbers values (9, null), (1, null)');
    });
    const writes = [first, halfDone, statement, insert(1), insert(2)];
    expect(await outcomes(writes)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    await expect(halfDone).rejects.toThrow('half done');
    expect(stored()).toBe('1,2');
  });

  it('rejects all writes and stores none when the disk is full, and recovers', async () => {
    database.exec('pragma max_page_count = 30');
    const writes = [insert(1), insert(2, 1_000_000), insert(3)];
    expect(await outcomes(writes)).toEqual(['rejected', 'rejected', 'rejected']);
    const error: unknown = await writes[1]?.catch((reason: unknown) =>
      toStoreError(reason, 'people.db'),
    );
    expect(error).toMatchObject({ reason: 'exhausted', code: 'STORE_FULL' });
    expect(stored()).toBeNull();
    await insert(4);
    expect(stored()).toBe('4');
  });

  it('rejects all writes and stores none when the commit fails', async () => {
    database.exec(`
      pragma foreign_keys = on;
      create table notes (number integer references numbers deferrable initially deferred) strict`);
    const broken = group.write(() => {
      database.exec('insert into notes values (99)');
    });
    expect(await outcomes([insert(1), broken])).toEqual(['rejected', 'rejected']);
    expect(stored()).toBeNull();
    await insert(2);
    expect(stored()).toBe('2');
  });

  it('does not begin a transaction for writes that were all aborted', async () => {
    const controller = new AbortController();
    const write = insert(1, 1, controller.signal);
    controller.abort(new Error('the caller is gone'));
    database.exec('begin immediate');
    await expect(write).rejects.toThrow('the caller is gone');
    database.exec('commit');
    expect(stored()).toBeNull();
  });

  it('runs its hooks after the writes and after a rollback', async () => {
    const events: string[] = [];
    group = createGroupCommit(database, {
      beforeCommit: () => events.push(`before commit: ${String(stored())}`),
      afterRollback: () => events.push(`after rollback: ${String(stored())}`),
    });
    await Promise.all([insert(1), insert(2)]);
    database.exec('pragma max_page_count = 30');
    await outcomes([insert(3), insert(4, 1_000_000)]);
    expect(events).toEqual(['before commit: 1,2', 'after rollback: 1,2']);
  });

  it('commits pending writes immediately when it is flushed', async () => {
    const write = insert(1);
    group.flush();
    expect(stored()).toBe('1');
    expect(await write).toBe(1);
  });
});
