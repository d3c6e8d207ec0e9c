import { Client } from 'pg';
import {
  add,
  findById,
  listIds,
  listUserIds,
  person,
  record,
  user,
} from '../../contract/store-messages.js';
import type { Store } from '../../directory/store.js';
import { startPostgres, type PostgresProcess } from '../../test-support/postgres-process.js';
import { createSchema, queryPostgres } from '../../test-support/postgres.js';
import { openTcpProxy, type TcpProxy } from '../../test-support/tcp-proxy.js';
import { openPostgresStore, type PostgresStoreOptions } from './postgres-store.js';

jest.setTimeout(60_000);

const unreachable = { reason: 'unavailable', code: 'STORE_UNREACHABLE', retryDelayMs: 1000 };

describe('PostgreSQL store', () => {
  let server: PostgresProcess;
  let proxy: TcpProxy;
  let directUrl: string;
  let proxyUrl: string;
  const stores: Store[] = [];

  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: 'off' } });
  });

  afterAll(async () => {
    await server.stop();
  });

  beforeEach(async () => {
    proxy = await openTcpProxy(server.port);
    directUrl = (await createSchema(server)).url;
    proxyUrl = directUrl.replace(`:${server.port}/`, `:${proxy.port}/`);
  });

  afterEach(async () => {
    proxy.cut();
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await proxy[Symbol.asyncDispose]();
  });

  async function open(url: string, options: PostgresStoreOptions = {}): Promise<Store> {
    const store = await openPostgresStore(`${url}&sslmode=disable`, options);
    stores.push(store);
    return store;
  }

  it('goes on after the server was restarted, without an error', async () => {
    const store = await open(directUrl);
    await Promise.all(Array.from({ length: 20 }, () => findById(store, 1)));
    await add(store);
    await server.kill('SIGINT');
    await server.start();
    expect(await findById(store, 1)).toBeUndefined();
    await add(store);
    expect(await listUserIds(store, false)).toEqual([1, 2]);
  });

  it('rejects calls while the server is down, and recovers by itself', async () => {
    const store = await open(directUrl);
    await record(store, person());
    const underWay = Array.from({ length: 50 }, () => add(store));
    await server.kill('SIGKILL');
    await Promise.allSettled(underWay);
    const calls = [store.check(), add(store), findById(store, 1), listIds(store)];
    expect(await reasonsOf(calls)).toMatchObject(calls.map(() => unreachable));
    await server.start();
    await store.check();
    expect(await listIds(store)).toEqual([1]);
    expect((await record(store, person()))[0]?.id).toBe(2);
  });

  it('rejects calls on a connection without data when the timeout has passed', async () => {
    const store = await open(`${proxyUrl}&connect_timeout=1`, { timeouts: { queryMs: 300 } });
    await add(store);
    proxy.stall();
    const calls = [findById(store, 1), add(store), listIds(store), store.check()];
    const started = performance.now();
    expect(await reasonsOf(calls)).toMatchObject(calls.map(() => unreachable));
    expect(performance.now() - started).toBeLessThan(3000);
    proxy.cut();
    await add(store);
  });

  it('lets a caller leave while the database is blocked', async () => {
    const store = await open(directUrl);
    const release = await lock('users');
    const controller = new AbortController();
    const reason = new Error('the caller is gone');
    const blocked = add(store);
    const left = store.addUser(user(), { signal: controller.signal });
    const reading = store.listUsers(
      { afterId: 0, limit: 1, verified: false },
      { signal: controller.signal },
    );
    controller.abort(reason);
    await expect(left).rejects.toBe(reason);
    await expect(reading).rejects.toBe(reason);
    await release();
    await blocked;
    expect(await listUserIds(store, false)).toEqual([1]);
  });

  it('gives up waiting for a lock', async () => {
    const store = await open(directUrl, { timeouts: { lockMs: 100 } });
    const release = await lock('users');
    await expect(add(store)).rejects.toMatchObject({ reason: 'unavailable', code: 'STORE_BUSY' });
    await release();
    await add(store);
  });

  it('ends a statement that takes too long', async () => {
    const store = await open(directUrl, { timeouts: { statementMs: 100 } });
    const release = await lock('users');
    await expect(listUserIds(store, false)).rejects.toMatchObject({
      reason: 'unavailable',
      code: 'STORE_TIMEOUT',
    });
    await release();
  });

  it('does a write once whose commit was cut off, if it has an idempotency key', async () => {
    const store = await open(proxyUrl);
    const idempotencyKey = { key: 'k', method: '/add', digest: 'same' };
    cutAfterNextCommit();
    await store.addUser(user(), { idempotencyKey });
    expect(await listUserIds(store, false)).toEqual([1]);
    cutAfterNextCommit();
    await store.recordPeople([person()], {
      idempotencyKey: { ...idempotencyKey, method: '/record' },
    });
    expect(await listIds(store)).toEqual([1]);
  });

  it('reports that a write without an idempotency key may have been done', async () => {
    const store = await open(proxyUrl);
    cutAfterNextCommit();
    await expect(add(store)).rejects.toMatchObject({
      reason: 'unavailable',
      code: 'STORE_COMMIT_UNKNOWN',
    });
    expect(await listUserIds(store, false)).toEqual([1]);
  });

  it('does a write again whose connection broke before the commit', async () => {
    const store = await open(proxyUrl);
    proxy.watchFor('insert into users', () => {
      proxy.cut();
    });
    expect((await add(store)).id).toBe(1);
    expect(await listUserIds(store, false)).toEqual([1]);
  });

  it('skips a server that accepts only reads', async () => {
    const replica = await startPostgres({ settings: { default_transaction_read_only: 'on' } });
    const hosts = `127.0.0.1:${replica.port},127.0.0.1:${server.port}`;
    const url = directUrl.replace(`127.0.0.1:${server.port}`, hosts);
    const store = await open(`${url}&target_session_attrs=read-write`);
    await add(store);
    expect(await listUserIds(store, false)).toEqual([1]);
    await replica.stop();
  });

  async function reasonsOf(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
    const results = await Promise.allSettled(calls);
    return results.map((result): unknown => 'reason' in result && result.reason);
  }

  /** Lets the next COMMIT reach the server, loses the response, and cuts the connection then. */
  function cutAfterNextCommit(): void {
    proxy.watchFor('commit', () => {
      proxy.loseResponses();
      void untilCommitted().then(() => {
        proxy.cut();
      });
    });
  }

  /** Resolves when no transaction is open: a commit that has reached the server is done. */
  async function untilCommitted(): Promise<void> {
    const open = `select 1 from pg_stat_activity where state <> 'idle' and pid <> pg_backend_pid() and backend_type = 'client backend'`;
    while ((await queryPostgres(server.url, open)).length > 0);
  }

  /** Locks a table against everything, until the returned function is called. */
  async function lock(table: string): Promise<() => Promise<void>> {
    const client = new Client({ connectionString: directUrl });
    await client.connect();
    await client.query(`begin; lock table ${table} in access exclusive mode`);
    return () => client.end();
  }
});
