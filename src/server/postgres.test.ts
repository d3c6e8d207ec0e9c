import { Client } from 'pg';
import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health.js';
import { connect, type ConnectOptions, type Directory, type RpcError } from '../index.js';
import { watchHealth } from '../test-support/health-watcher.js';
import { rejectionOf } from '../test-support/outcome.js';
import { startPostgres, type PostgresProcess } from '../test-support/postgres-process.js';
import { queryPostgres } from '../test-support/postgres.js';
import { startDirectory, type RunningDirectory } from './run.js';

const { SERVING, NOT_SERVING } = ServingStatus;

jest.setTimeout(60_000);

describe('a server on PostgreSQL', () => {
  let database: PostgresProcess;
  let server: RunningDirectory;
  const clients: Directory[] = [];

  beforeEach(async () => {
    database = await startPostgres({ settings: { fsync: 'off' } });
    server = await startDirectory({
      listen: ['127.0.0.1:0'],
      store: database.url,
      logLevel: 'silent',
      shutdownGraceMs: 0,
    });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await server.stop();
    await database.stop();
  });

  function connectTo(options: ConnectOptions): Directory {
    const client = connect(server.addresses, options);
    clients.push(client);
    return client;
  }

  async function storedNames(): Promise<unknown[]> {
    const rows = await queryPostgres(database.url, 'select id from users order by id');
    return rows.map((row) => (row as { id: number }).id);
  }

  it('is not healthy while its database is down, and recovers by itself', async () => {
    const directory = connectTo({ retry: false });
    await using health = watchHealth(server);
    expect((await health.next())[0]).toBe(SERVING);
    await database.kill('SIGKILL');
    const error = (await rejectionOf(directory.people.getPhone({ id: 1 }))) as RpcError;
    expect(error).toMatchObject({
      codeName: 'UNAVAILABLE',
      reason: 'STORE_UNREACHABLE',
      retryDelayMs: 1000,
    });
    expect((await health.next())[0]).toBe(NOT_SERVING);
    await database.start();
    expect((await health.next())[0]).toBe(SERVING);
    await directory.users.addUser({ firstName: 'Ann' });
  });

  it('does each write once for clients that retry while the database restarts', async () => {
    const directory = connectTo({ retry: { maxAttempts: 8 }, timeoutMs: 30_000 });
    const writers = Array.from({ length: 10 }, async (_, writer) => {
      for (let turn = 0; turn < 20; turn += 1) {
        await directory.users.addUser({ firstName: `${writer}-${turn}` });
      }
    });
    await database.kill('SIGKILL');
    await database.start();
    await Promise.all(writers);
    expect(await storedNames()).toHaveLength(200);
  });

  it('does not begin a write whose deadline has passed', async () => {
    const directory = connectTo({ retry: false });
    const locker = new Client({ connectionString: database.url });
    await locker.connect();
    await locker.query('begin; lock table users in access exclusive mode');
    const blocked = directory.users.addUser({ firstName: 'Blocked' });
    await untilBlocked();
    const late = directory.users.addUser({ firstName: 'Late' }, { timeoutMs: 100 });
    await expect(late).rejects.toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
    await locker.end();
    await blocked;
    await directory.users.addUser({ firstName: 'After' });
    expect(await storedNames()).toHaveLength(2);
  });

  /** Resolves when a statement of the server waits for a lock. */
  async function untilBlocked(): Promise<void> {
    const query = `select 1 from pg_stat_activity where wait_event_type = 'Lock'`;
    while ((await queryPostgres(database.url, query)).length === 0);
  }
});
