import { adress, person, record } from '../../contract/store-messages.js';
import {
  createSchema,
  postgresServer,
  queryPostgres,
  type PostgresSchema,
  type PostgresServer,
} from '../../test-support/postgres.js';
import { openStore } from '../open.js';
import { migrations } from './migrations.js';
import { openPostgresStore } from './postgres-store.js';

jest.setTimeout(60_000);

describe('PostgreSQL database', () => {
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

  it('is migrated once by ten servers that start at the same time', async () => {
    const stores = await Promise.all(Array.from({ length: 10 }, () => openStore(schema.url)));
    await Promise.all(stores.map((store) => record(store, person())));
    const ids = await Promise.all(
      stores.map(
        async (store) => (await store.listPeople({ afterId: 0, limit: 99 })).messages.length,
      ),
    );
    expect(ids).toEqual(Array.from({ length: 10 }, () => 10));
    expect(await queryPostgres(schema.url, 'select version from personguide_schema')).toEqual([
      { version: migrations.length },
    ]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('is rejected if its schema is newer, and is not changed', async () => {
    await (await openPostgresStore(schema.url)).close();
    const newer = migrations.length + 1;
    await queryPostgres(schema.url, `update personguide_schema set version = ${newer}`);
    await expect(openPostgresStore(schema.url)).rejects.toMatchObject({
      reason: 'unavailable',
      code: 'SCHEMA_TOO_NEW',
    });
    expect(await queryPostgres(schema.url, 'select version from personguide_schema')).toEqual([
      { version: newer },
    ]);
  });

  it('is rejected if another program has tables of the same names, and is not changed', async () => {
    await queryPostgres(schema.url, 'create table users (name text)');
    await expect(openPostgresStore(schema.url)).rejects.toMatchObject({
      code: 'CANNOT_OPEN_STORE',
      message: expect.stringContaining('tables of another program') as string,
    });
    const tables = `select tablename from pg_tables where schemaname = current_schema()`;
    expect(await queryPostgres(schema.url, tables)).toEqual([{ tablename: 'users' }]);
  });

  it('assigns ids in order and never twice when several servers write', async () => {
    const stores = await Promise.all(Array.from({ length: 3 }, () => openStore(schema.url)));
    const ids = await Promise.all(
      stores.flatMap((store) =>
        Array.from({ length: 10 }, async () => {
          const own: number[] = [];
          for (let turn = 0; turn < 5; turn += 1) {
            own.push((await record(store, person()))[0]?.id ?? 0);
          }
          expect(own).toEqual(own.toSorted((a, b) => a - b));
          return own;
        }),
      ),
    );
    expect(new Set(ids.flat()).size).toBe(150);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('does a write with one idempotency key once, whichever servers get it', async () => {
    const stores = await Promise.all(Array.from({ length: 3 }, () => openStore(schema.url)));
    const idempotencyKey = { key: 'k', method: '/record', digest: 'same' };
    const results = await Promise.all(
      stores.flatMap((store) => [
        store.recordPeople([person()], { idempotencyKey }),
        store.recordPeople([person()], { idempotencyKey }),
      ]),
    );
    expect(new Set(results.map((result) => Buffer.from(result).toString('hex'))).size).toBe(1);
    expect(await queryPostgres(schema.url, 'select id from people')).toEqual([{ id: 1 }]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('keeps the index of addresses exact when servers replace the same people', async () => {
    const stores = await Promise.all(Array.from({ length: 3 }, () => openStore(schema.url)));
    for (let round = 0; round < 8; round += 1) {
      await Promise.all(
        stores.map((store, index) =>
          record(
            store,
            ...[round, round + 1, round + 2].map((id) =>
              person({ id: id + 1, adresses: [adress(`Place ${index}`)] }),
            ),
          ),
        ),
      );
    }
    expect(
      await queryPostgres(
        schema.url,
        'select person_id from person_addresses group by person_id having count(*) > 1',
      ),
    ).toEqual([]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it.each([
    ['postgres://ann:s3cret@127.0.0.1:1/people', /ECONNREFUSED/],
    ['postgres://ann:s3cret@127.0.0.1:1,[::1]:1/people?connect_timeout=1', /ECONNREFUSED/],
    ['postgres://ann:s3cret@name.invalid/people', /name.invalid/],
  ])('that cannot be reached at %s is rejected with one line', async (url, problem) => {
    const error: unknown = await openStore(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ reason: 'unavailable', code: 'CANNOT_OPEN_STORE' });
    expect((error as Error).message).toMatch(problem);
    expect((error as Error).message).toMatch(/^cannot open postgres:\/\/ann:\*\*\*@.*$/);
  });

  it('that does not exist is rejected with its name', async () => {
    const url = server.url.replace(/\/[^/?]*(\?|$)/, '/no_such_database$1');
    await expect(openStore(url)).rejects.toMatchObject({
      code: 'CANNOT_OPEN_STORE',
      message: expect.stringContaining('database "no_such_database" does not exist') as string,
    });
  });
});
