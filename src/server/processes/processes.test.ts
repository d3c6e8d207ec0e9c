import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
} from '../../../gen/grpc/health/v1/health.js';
import { Person, PersonGuideClient } from '../../../gen/personguide/person_guide.js';
import { connect, type Directory } from '../../index.js';
import { authority, serverCert, serverKey } from '../../test-support/certificates.js';
import { clientOf, messageOf, statusOf } from '../../test-support/grpc-calls.js';
import { failure } from '../../test-support/outcome.js';
import { runProgram, type ServerProcess } from '../../test-support/program.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { gone, newWorker, startTwo, workersOf } from './processes.test.support.js';

const folder: Folder = temporaryFolder();
afterAll(() => {
  folder[Symbol.dispose]();
});

let stores = 0;

/** The flags for a new store. */
function newStore(): string[] {
  stores += 1;
  return ['--store', folder.file(`people-${stores}.db`)];
}

/** The worker that serves the connection of a client. */
async function workerOf(server: ServerProcess, client: Directory): Promise<unknown> {
  const requestId = `who-${Math.random()}`;
  await client.users.getUser({}, { metadata: { 'x-request-id': requestId } });
  return (await server.line((line) => line['requestId'] === requestId))['worker'];
}

describe('a server with two processes', () => {
  it('listens on several addresses with TLS, and prints each once when all processes serve', async () => {
    const [cert, key] = [folder.file('server.crt'), folder.file('server.key')];
    writeFileSync(cert, serverCert);
    writeFileSync(key, serverKey);
    await using server = await startTwo([
      ...['--listen', '127.0.0.1:0', '--listen', 'localhost:0', '--tls-cert', cert],
      ...['--tls-key', key, '--demo', ...newStore()],
    ]);
    expect(workersOf(server)).toHaveLength(2);
    const ports = server.addresses.map((address) => address.replace(/.*:/, ''));
    expect(new Set(ports).size).toBe(2);
    const clients = [...ports, ...ports].map((port) =>
      connect(`localhost:${port}`, { tls: { ca: authority }, retry: false }),
    );
    const workers = new Set<unknown>();
    for (const client of clients) {
      expect((await client.people.getPhone({ id: 1 })).number).toBe('1234');
      workers.add(await workerOf(server, client));
    }
    expect(workers).toEqual(new Set([1, 2]));
    for (const client of clients) client.close();
    const { code, lines } = { ...(await server.kill('SIGINT')), lines: server.lines };
    expect(code).toBe(0);
    expect(lines.filter((line) => line.includes('"listening"'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('demo people'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('"msg":"stopped"');
  });

  it('stops on SIGTERM: health first, open streams end after the grace, exit code 0', async () => {
    await using server = await startTwo([...newStore(), '--shutdown-grace', '400ms']);
    const [primary] = [server.pid];
    const workers = workersOf(server).map(({ pid }) => pid);
    const streams = [];
    for (let count = 0; count < 2; count += 1) {
      const people = clientOf(PersonGuideClient, server.address);
      const health = clientOf(HealthClient, server.address);
      const watch = health.watch({ service: '' });
      expect(await messageOf(watch)).toEqual({ status: ServingStatus.SERVING });
      const routing = people.routePhones();
      routing.write(Person.fromPartial({ phones: [{ number: '1' }] }));
      expect(await messageOf(routing)).toEqual({ number: '1', type: 0 });
      streams.push({ people, health, watch, routing });
    }
    const stoppedMs = performance.now();
    const notServing = Promise.all(streams.map(({ watch }) => messageOf(watch)));
    const ends = streams.flatMap(({ watch, routing }) => [statusOf(watch), statusOf(routing)]);
    const exited = server.kill('SIGTERM');
    for (const message of await notServing) {
      expect(message).toEqual({ status: ServingStatus.NOT_SERVING });
    }
    for (const { code } of await Promise.all(ends)) expect(code).toBe(14);
    expect(performance.now() - stoppedMs).toBeGreaterThanOrEqual(390);
    expect(await exited).toMatchObject({ code: 0, signal: null, stderr: '' });
    await Promise.all([primary, ...workers].map(gone));
    for (const { people, health } of streams) {
      people.close();
      health.close();
    }
  });

  it('does not wait any longer at the second signal', async () => {
    await using server = await startTwo([...newStore(), '--shutdown-grace', '1h']);
    await using client = connect(server.address, { retry: false });
    const routing = client.people.routePhones(
      (async function* () {
        yield { phones: [{ number: '1' }] };
        await new Promise(() => undefined);
      })(),
    );
    await routing.next();
    void server.kill('SIGTERM');
    await server.line(({ msg, worker }) => msg === 'stopping' && worker !== undefined);
    const end = failure(routing.next());
    expect(await server.kill('SIGTERM')).toMatchObject({ code: 0, signal: null });
    expect(await end).toMatchObject({ codeName: 'UNAVAILABLE' });
  });

  it('replaces a process that is killed, which gets the next connections', async () => {
    await using server = await startTwo(newStore());
    const clients = [0, 1, 2, 3].map(() => connect(server.address));
    for (const client of clients) await client.waitForReady();
    const known = workersOf(server);
    process.kill(known[0]?.pid ?? 0, 'SIGKILL');
    const line = await server.line(({ msg }) => String(msg).startsWith('a worker has ended'));
    const { worker: number, pid } = known[0] ?? {};
    expect(line).toMatchObject({ worker: number, pid, level: 'error', exit: 'signal SIGKILL' });
    const { worker } = await newWorker(server, known);
    for (const client of clients) await client.users.getUser({});
    await using next = connect(server.address);
    expect(await workerOf(server, next)).toBe(worker);
    for (const client of clients) client.close();
  });

  it('replaces a process that an uncaught error stops, after its calls', async () => {
    const preload = folder.file('throw.cjs');
    writeFileSync(
      preload,
      `process.on('SIGUSR2', () => setTimeout(() => { throw new Error('outside of every call'); }));`,
    );
    await using server = await startTwo(newStore(), { NODE_OPTIONS: `--require ${preload}` });
    await using client = connect(server.address, { retry: false });
    const worker = await workerOf(server, client);
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const recorded = client.people.recordPersons(
      (async function* () {
        yield { name: 'Ann' };
        await finished;
      })(),
    );
    // Its response comes behind the beginning of the recording.
    await client.users.getUser({});
    const known = workersOf(server);
    const victim = known.find((each) => each.worker === worker);
    process.kill(victim?.pid ?? 0, 'SIGUSR2');
    await server.line(
      ({ msg, level }) => level === 'fatal' && String(msg).includes('the server stops'),
    );
    await newWorker(server, known);
    finish();
    expect((await recorded).people).toMatchObject([{ name: 'Ann' }]);
    await gone(victim?.pid ?? 0);
    await using next = connect(server.address);
    expect(await next.health()).toBe('SERVING');
  });

  it('leaves no process behind when the first one is killed, and no write of them is lost', async () => {
    const store = newStore();
    {
      await using server = await startTwo(store);
      await using client = connect(server.address);
      await client.people.recordPersons([{ id: 1, name: 'Ann' }]);
      const workers = workersOf(server);
      await server.kill('SIGKILL');
      await Promise.all(workers.map(({ pid }) => gone(pid)));
    }
    await using again = await startTwo(store);
    await using client = connect(again.address);
    const { person } = await client.people.getPerson({ key: { id: 1 } });
    expect(person.name).toBe('Ann');
  });

  it('stops with the reason and exit code 1 when no process can be started any more', async () => {
    const clients = folder.file('clients.json');
    const ca = folder.file('ca.crt');
    writeFileSync(folder.file('server.crt'), serverCert);
    writeFileSync(folder.file('server.key'), serverKey);
    writeFileSync(ca, authority);
    writeFileSync(clients, '{}');
    await using server = await startTwo([
      ...newStore(),
      ...['--tls-cert', folder.file('server.crt'), '--tls-key', folder.file('server.key')],
      ...['--tls-client-ca', ca, '--auth', 'mtls', '--mtls-clients', clients],
    ]);
    writeFileSync(clients, 'not JSON');
    const [first, second] = workersOf(server);
    process.kill(first?.pid ?? 0, 'SIGKILL');
    // The other one serves, so the start is tried again.
    await server.line(({ msg }) => String(msg).includes('cannot start; it is tried again'));
    process.kill(second?.pid ?? 0, 'SIGKILL');
    const { code, stderr } = await server.exited;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^personguide: .*clients\.json.*\n$/);
  });

  it('limits connections over all processes', async () => {
    await using server = await startTwo([...newStore(), '--limit', 'connections=6']);
    const ready = async (): Promise<Directory> => {
      const client = connect(server.address, { retry: false });
      await client.waitForReady();
      return client;
    };
    const clients = [await ready(), await ready(), await ready()];
    await using late = connect(server.address, { retry: false });
    expect(await failure(late.health())).toMatchObject({ codeName: 'UNAVAILABLE' });
    await server.line(({ msg }) => msg === 'refused a connection');
    clients.pop()?.close();
    await late.waitForReady();
    expect(await late.health()).toBe('SERVING');
    for (const client of clients) client.close();
  });
});

it('reports a port in use with one line and creates no store', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  const store = folder.file('never.db');
  const args = ['serve', '--processes', '2', '--listen', address, '--store', store];
  await using server = runProgram(args);
  const { code, stderr, stdout } = await server.exited;
  taken.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^personguide: cannot listen on .*the port is in use.*\n$/);
  expect(stdout).not.toContain('"level":"info"');
  expect(existsSync(store)).toBe(false);
});

it('ends with one line, and no process left, if its processes cannot start', async () => {
  const args = ['serve', '--processes', '2', '--listen', '127.0.0.1:0', ...newStore()];
  const jwt = [
    '--auth',
    'jwt',
    '--jwt-issuer',
    'x',
    '--jwt-audience',
    'y',
    '--jwt-jwks',
    'no.json',
  ];
  await using server = runProgram([...args, ...jwt]);
  const { code, stderr } = await server.exited;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^personguide: .*no\.json.*\n$/);
});
