import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { KeyServiceDefinition } from '../../../gen/personguide/admin/v1/keys.js';
import { addKey } from '../../directory/keys.js';
import { connect } from '../../index.js';
import { openStore } from '../../store/open.js';
import { watchChild, type Child } from '../../test-support/child.js';
import { freePort } from '../../test-support/free-port.js';
import { PROGRAM } from '../../test-support/program.js';
import { temporaryFolder } from '../../test-support/temporary-folder.js';
import { newWorker, startTwo, workersOf } from './processes.test.support.js';

const folder = temporaryFolder();
afterAll(() => {
  folder[Symbol.dispose]();
});

it('sums the metrics of all processes, also of those that have ended', async () => {
  const args = ['--store', folder.file('metrics.db'), '--metrics', '127.0.0.1:0'];
  await using server = await startTwo(args);
  const { address } = await server.line(({ msg }) => msg === 'metrics');
  const get = (path: string): Promise<Response> => fetch(`http://${String(address)}${path}`);
  const valueOf = async (name: string): Promise<number> => {
    const text = await (await get('/metrics')).text();
    const line = text.split('\n').find((each) => each.startsWith(name)) ?? '';
    return Number(line.split(' ').at(-1));
  };
  const GET_USER =
    'grpc_server_started_total{grpc_type="unary",grpc_service="grpcUser.UserService",grpc_method="GetUser"}';
  expect((await get('/readyz')).status).toBe(200);
  const clients = [0, 1].map(() => connect(server.address));
  for (const { users } of clients) for (let call = 0; call < 3; call += 1) await users.getUser({});
  expect(await valueOf(GET_USER)).toBe(6);
  expect(await valueOf('personguide_workers ')).toBe(2);
  const known = workersOf(server);
  process.kill(known[0]?.pid ?? 0, 'SIGKILL');
  await newWorker(server, known);
  for (const { users } of clients) await users.getUser({});
  expect(await valueOf(GET_USER)).toBe(8);
  expect(await valueOf('personguide_workers_ended_total')).toBe(1);
  for (const client of clients) client.close();
});

const POLL_MS = 50;

/** Whether it resolves; rejects unless it fails for its credentials. */
async function succeeds(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if ((error as { codeName: string }).codeName === 'UNAUTHENTICATED') return false;
    throw error;
  }
}

it('refuses a revoked key in each process within 5 seconds', async () => {
  const file = folder.file('keys.db');
  const store = await openStore(file);
  const newKey = { name: 'operator', scopes: ['admin', 'users:read'], expiresAtMs: undefined };
  const { text: token } = await addKey(store, newKey, new Date());
  await store.close();
  await using server = await startTwo(['--store', file, '--auth', 'keys']);
  await using one = connect(server.address, { token });
  const keys = one.client(KeyServiceDefinition);
  const { text } = await keys.addKey({ name: 'reader', scopes: ['users:read'] });
  await using near = connect(server.address, { token: text });
  await using far = connect(server.address, { token: text });
  for (const { users } of [near, far]) expect(await users.getUser({})).toEqual({ users: [] });
  const revokedMs = performance.now();
  await keys.revokeKey({ nameOrId: 'reader' });
  for (const { users } of [near, far]) {
    while (await succeeds(users.getUser({}))) await wait(POLL_MS);
    expect(performance.now() - revokedMs).toBeLessThan(7000);
  }
});

/** Starts two processes on a port of their own, with that as standard output. */
async function startWithOutput(stdout: number | 'pipe'): Promise<Child & { address: string }> {
  const address = `127.0.0.1:${await freePort()}`;
  const store = folder.file(`log-${address.replace(/.*:/, '')}.db`);
  const args = ['serve', '--processes', '2', '--store', store, '--listen', address];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', stdout, 'inherit'],
  });
  child.stdout?.pause();
  return Object.assign(watchChild(Object.assign(child, { stdout: null })), { address });
}

it('serves, and stops on SIGTERM, while the disk of its log is full', async () => {
  const full = openSync('/dev/full', 'w');
  await using server = await startWithOutput(full);
  closeSync(full);
  await using client = connect(server.address, { connectTimeoutMs: 20_000 });
  await client.waitForReady({ untilTimeout: true, timeoutMs: 20_000 });
  await client.users.addUser({ firstName: 'Ann' });
  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
});

it('serves, and stops in time, while nothing reads its log', async () => {
  await using server = await startWithOutput('pipe');
  await using client = connect(server.address, { connections: 2 });
  await client.waitForReady({ untilTimeout: true, timeoutMs: 20_000 });
  for (let done = 0; done < 2000; done += 100) {
    await Promise.all(Array.from({ length: 100 }, () => client.users.getUser({})));
  }
  client.close();
  const start = performance.now();
  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
  expect(performance.now() - start).toBeLessThan(8000);
});
