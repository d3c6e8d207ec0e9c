import { UserRequest } from '../../../gen/grpcUser/user.js';
import { Person, PhoneType } from '../../../gen/personguide/person_guide.js';
import {
  adress,
  add,
  decoded,
  listIds,
  listUserIds,
  person,
  record,
  user,
} from '../../contract/store-messages.js';
import type { Store } from '../../directory/store.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { loadSqlite, type Database } from './database.js';
import { openSqliteStore } from './sqlite-store.js';

/** What a program with schema version 1 left in its file. */
const VERSION_1 = `
  create table people (
    id integer primary key,
    email text not null,
    message blob not null
  ) strict;
  create index people_by_email on people (email);

  create table person_addresses (
    address_key text not null,
    person_id integer not null,
    primary key (address_key, person_id)
  ) strict, without rowid;

  create table users (
    id integer primary key,
    verified integer not null,
    email_key text unique,
    message blob not null
  ) strict;
  create index users_by_verified on users (verified, id);

  create table answers (
    id integer primary key,
    method text not null,
    key text not null,
    fingerprint text not null,
    answer blob not null,
    created_at_ms integer not null,
    unique (method, key)
  ) strict;
  create index answers_by_age on answers (created_at_ms);

  pragma application_id = 1346856037;
  pragma user_version = 1;
`;

const key = { key: 'k', method: '/grpcUser.UserService/AddUser', digest: 'same' };

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

describe('a SQLite file of schema version 1', () => {
  let folder: Folder;
  let store: Store | undefined;

  beforeEach(() => {
    folder = temporaryFolder();
  });

  afterEach(async () => {
    await store?.close();
    folder[Symbol.dispose]();
  });

  async function open(fill: (database: Database) => void): Promise<Store> {
    const database = new (loadSqlite().DatabaseSync)(folder.file('people.db'));
    database.exec(`begin; ${VERSION_1}; commit`);
    fill(database);
    database.close();
    return (store = await openSqliteStore(folder.file('people.db')));
  }

  it('keeps its people, users and addresses, who get an etag', async () => {
    const ann = person({
      id: 41,
      name: 'Ann',
      email: 'ann@b.c',
      // Encoded with NUL bytes.
      phones: [{ number: '', type: PhoneType.MOBILE }],
      adresses: [adress('Here')],
    });
    const bob = user({ id: 7, firstName: 'Bob', email: 'bob@b.c' });
    const opened = await open((database) => {
      const annBytes = Person.encode(ann).finish();
      const bobBytes = UserRequest.encode(bob).finish();
      database.prepare('insert into people values (41, ?, ?)').run(ann.email, annBytes);
      database.prepare('insert into person_addresses values (?, 41)').run('here');
      database.prepare('insert into users values (7, 0, ?, ?)').run(bob.email, bobBytes);
    });
    expect(decoded((await opened.findPeople([{ email: 'ann@b.c' }]))[0])).toEqual({
      ...ann,
      etag: '1',
    });
    expect(await listIds(opened, 'here')).toEqual([41]);
    expect(await listUserIds(opened, false)).toEqual([7]);
    const found = await opened.findUser({ email: 'BOB@b.c' });
    expect(found && UserRequest.decode(found)).toEqual({ ...bob, etag: '1' });
  });

  it('goes on with ids above those that are stored', async () => {
    const opened = await open((database) => {
      database.exec(`
        insert into people values (3, '', x''), (41, '', x'');
        insert into users values (7, 0, null, x'')`);
    });
    expect((await record(opened, person()))[0]?.id).toBe(42);
    expect((await add(opened)).id).toBe(8);
  });

  it('has its people counted, and in the order of changes before all that follow', async () => {
    const opened = await open((database) => {
      for (const id of [3, 41]) {
        const bytes = Person.encode(person({ id })).finish();
        database.prepare("insert into people values (?, '', ?)").run(id, bytes);
      }
    });
    const next = await record(opened, person());
    expect(await opened.countPeople()).toBe(3);
    const { people } = await opened.readChanges({ revision: 0, id: 0 }, 10);
    expect(people.map(({ id }) => id)).toEqual([3, 41, 42]);
    expect(people.map(({ message }) => decoded(message)?.etag)).toEqual(['1', '1', next[0]?.etag]);
  });

  it('goes on with the first ids if it is empty', async () => {
    const opened = await open(() => undefined);
    expect((await record(opened, person()))[0]?.id).toBe(1);
    expect((await add(opened)).id).toBe(1);
  });

  it('keeps the results of idempotency keys, and their age', async () => {
    const opened = await open((database) => {
      const insert = database.prepare('insert into answers values (?, ?, ?, ?, ?, ?)');
      insert.run(1, key.method, 'k', 'same', Uint8Array.of(1, 2), Date.now());
      insert.run(2, key.method, 'old', 'same', Uint8Array.of(3), 0);
    });
    const result = await opened.addUser(user(), { idempotencyKey: key });
    expect([...result]).toEqual([1, 2]);
    expect(await opened.findResult({ ...key, key: 'old' })).toBeUndefined();
    await expect(opened.findResult({ ...key, digest: 'other' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await listUserIds(opened, false)).toEqual([]);
  });
});
