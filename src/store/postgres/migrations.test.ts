import { UserRequest } from '../../../gen/grpcUser/user.js';
import { Person } from '../../../gen/personguide/person_guide.js';
import { adress, add, findById, listIds, person, record } from '../../contract/store-messages.js';
import { MAX_ID } from '../../directory/free-ids.js';
import {
  createSchema,
  postgresServer,
  queryPostgres,
  type PostgresSchema,
  type PostgresServer,
} from '../../test-support/postgres.js';
import { migrations } from './migrations.js';
import { openPostgresStore } from './postgres-store.js';

const RECORDED_AT = new Date('2026-01-01T00:00:00Z');

jest.setTimeout(60_000);

describe('a PostgreSQL database of an earlier version', () => {
  let server: PostgresServer;
  let schema: PostgresSchema;

  beforeAll(async () => {
    server = await postgresServer();
  });

  afterAll(async () => {
    await server.stop();
  });

  beforeEach(async () => {
    schema = await createSchema(server);
  });

  afterEach(async () => {
    await schema.remove();
  });

  /** Makes what a program with that schema version left, with three people and a user. */
  async function fill(version: number): Promise<void> {
    const steps = migrations.slice(0, version).map(({ sql }) => sql);
    const people = [1, 2, 7].map((id) => {
      const fields = { id, email: 'a@b.c', adresses: [adress('Here')], lastUpdated: RECORDED_AT };
      return `(${id}, 'a@b.c', ${bytesOf(Person.encode(person(fields)).finish())})`;
    });
    const user = UserRequest.encode(
      UserRequest.fromPartial({ id: 4, firstName: 'Ann', email: 'a@b.c', verified: true }),
    ).finish();
    await queryPostgres(
      schema.url,
      `begin;
      ${steps.join('\n')}
      create table personguide_schema (version integer not null);
      insert into personguide_schema values (${version});
      insert into people (id, email, message) values ${people.join(',')};
      insert into person_addresses values ('here', 1), ('here', 2), ('here', 7);
      insert into users (id, verified, email_key, message) values (4, true, 'a@b.c', ${bytesOf(user)});
      update counters set first_free_id = 8 where name = 'people';
      update counters set first_free_id = 5 where name = 'users';
      insert into idempotency_results values ('/m', 'k', 'same', 'result', 32503680000000);
      commit`,
    );
  }

  it.each([1, 2])('%i keeps its people, and each has an etag then', async (version) => {
    await fill(version);
    const store = await openPostgresStore(schema.url);
    expect(await findById(store, 7)).toEqual(
      person({
        ...{ id: 7, email: 'a@b.c', adresses: [adress('Here')], lastUpdated: RECORDED_AT },
        etag: '1',
      }),
    );
    expect(await listIds(store, 'here')).toEqual([1, 2, 7]);
    expect(await store.countPeople()).toBe(3);
    expect((await record(store, person()))[0]).toMatchObject({ id: 8, etag: '2' });
    await store.close();
  });

  it('has all its people in the order of changes, before the first write', async () => {
    await fill(2);
    const store = await openPostgresStore(schema.url);
    expect(await store.currentPosition()).toEqual({ revision: 1, id: MAX_ID });
    await record(store, person({ id: 2 }));
    const { people } = await store.readChanges({ revision: 0, id: 0 }, 10);
    expect(people.map(({ id, revision }) => [id, revision])).toEqual([
      [1, 1],
      [7, 1],
      [2, 2],
    ]);
    await store.close();
  });

  it('keeps its users, results and next ids', async () => {
    await fill(1);
    const store = await openPostgresStore(schema.url);
    const found = await store.findUser({ email: 'A@b.c' });
    expect(UserRequest.decode(found ?? new Uint8Array())).toMatchObject({ id: 4, etag: '1' });
    expect((await add(store)).id).toBe(5);
    const key = { method: '/m', key: 'k', digest: 'same' };
    expect(Buffer.from((await store.findResult(key)) ?? []).toString()).toBe('result');
    await store.close();
  });

  it('is migrated even if that takes longer than a statement may', async () => {
    await fill(2);
    const timeouts = { statementMs: 50, lockMs: 50, queryMs: 100 };
    const slow = `
      create function slow() returns event_trigger language plpgsql as
        $$ begin perform pg_sleep(0.15); end $$;
      create event trigger slow on ddl_command_end when tag in ('ALTER TABLE')
        execute function slow();`;
    await queryPostgres(schema.url, slow);
    try {
      const store = await openPostgresStore(schema.url, { timeouts });
      expect(await store.countPeople()).toBe(3);
      await store.close();
    } finally {
      await queryPostgres(schema.url, 'drop event trigger slow');
    }
  });

  it('is not written by a server of that version any more', async () => {
    await fill(2);
    await (await openPostgresStore(schema.url)).close();
    const old = `select first_free_id from counters where name = 'people' for update`;
    await expect(queryPostgres(schema.url, old)).rejects.toMatchObject({ code: '42P01' });
  });
});

function bytesOf(message: Uint8Array): string {
  return `'\\x${Buffer.from(message).toString('hex')}'`;
}
