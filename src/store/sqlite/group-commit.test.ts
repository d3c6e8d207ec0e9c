import { stat } from 'node:fs/promises';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { closeDatabase, openDatabase, type Database } from './database.js';
import { toStoreError } from './errors.js';
import {
  createGroupCommit,
  type CommitGroup,
  type GroupedWrite,
  type TransactionHooks,
} from './group-commit.js';

describe('group commit', () => {
  let folder: Folder;
  let database: Database;
  let commit: CommitGroup;

  beforeEach(async () => {
    folder = temporaryFolder();
    database = await openDatabase(folder.file('people.db'));
    database.exec('create table numbers (number integer primary key, bytes blob) strict');
    commit = createCommit();
  });

  afterEach(() => {
    closeDatabase(database);
    folder[Symbol.dispose]();
  });

  function createCommit(hooks?: TransactionHooks): CommitGroup {
    const begin = () => {
      database.exec('begin immediate');
    };
    return createGroupCommit(database, begin, hooks);
  }

  function insert(number: number, bytes = 1): GroupedWrite {
    return {
      work: () => {
        database.prepare('insert into numbers values (?, zeroblob(?))').run(number, bytes);
        return number;
      },
      isStatement: false,
    };
  }

  function stored(): unknown {
    const row = database.prepare('select group_concat(number) as numbers from numbers').get();
    return (row as { numbers: unknown }).numbers;
  }

  it('returns the result of each write after it was stored', () => {
    expect(commit([3, 1, 2].map((number) => insert(number)))).toEqual([
      { result: 3 },
      { result: 1 },
      { result: 2 },
    ]);
    expect(stored()).toBe('1,2,3');
  });

  it('commits writes together', async () => {
    commit([insert(0)]);
    const wal = folder.file('people.db-wal');
    const before = (await stat(wal)).size;
    commit(Array.from({ length: 200 }, (_, index) => insert(index + 1)));
    const pages = ((await stat(wal)).size - before) / 4096;
    expect(pages).toBeLessThan(20);
  });

  it('undoes all of a write that throws, and no other', () => {
    const halfDone = {
      work: () => {
        database.exec('insert into numbers values (8, null)');
        throw new Error('half done');
      },
      isStatement: false,
    };
    const statement = {
      work: () => {
        database.exec('insert into numbers values (9, null), (1, null)');
      },
      isStatement: true,
    };
    expect(commit([insert(1), halfDone, statement, insert(1), insert(2)])).toEqual([
      { result: 1 },
      { error: new Error('half done') },
      { error: expect.objectContaining({ errcode: 1555 }) as Error },
      { error: expect.objectContaining({ errcode: 1555 }) as Error },
      { result: 2 },
    ]);
    expect(stored()).toBe('1,2');
  });

  it('undoes all of a write that throws and has no others beside it', () => {
    const events: string[] = [];
    commit = createCommit({
      afterCommit: ({ writes }) => events.push(`committed ${writes}`),
      afterRollback: () => events.push('rolled back'),
    });
    const halfDone = {
      work: () => {
        database.exec('insert into numbers values (8, null)');
        throw new Error('half done');
      },
      isStatement: false,
    };
    expect(commit([halfDone])).toEqual([{ error: new Error('half done') }]);
    expect(stored()).toBeNull();
    expect(commit([insert(1)])).toEqual([{ result: 1 }]);
    expect(stored()).toBe('1');
    expect(events).toEqual(['rolled back', 'committed 1', 'committed 1']);
  });

  it('throws and stores nothing when the disk is full, and recovers', () => {
    database.exec('pragma max_page_count = 30');
    const error = thrownBy(() => commit([insert(1), insert(2, 1_000_000), insert(3)]));
    expect(toStoreError(error, 'people.db')).toMatchObject({
      reason: 'exhausted',
      code: 'STORE_FULL',
    });
    expect(stored()).toBeNull();
    commit([insert(4)]);
    expect(stored()).toBe('4');
  });

  it('throws and stores nothing when the commit fails', () => {
    database.exec(`
      pragma foreign_keys = on;
      create table notes (number integer references numbers deferrable initially deferred) strict`);
    const broken = {
      work: () => {
        database.exec('insert into notes values (99)');
      },
      isStatement: false,
    };
    thrownBy(() => commit([insert(1), broken]));
    expect(stored()).toBeNull();
    commit([insert(2)]);
    expect(stored()).toBe('2');
  });

  it('runs its hooks after the writes and after a rollback', () => {
    const events: string[] = [];
    commit = createCommit({
      beforeCommit: () => events.push(`before commit: ${String(stored())}`),
      afterRollback: () => events.push(`after rollback: ${String(stored())}`),
    });
    commit([insert(1), insert(2)]);
    database.exec('pragma max_page_count = 30');
    thrownBy(() => commit([insert(3), insert(4, 1_000_000)]));
    expect(events).toEqual(['before commit: 1,2', 'after rollback: 1,2']);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
