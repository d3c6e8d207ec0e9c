import { readFileSync } from 'node:fs';
import {
  PersonGuideClient,
  WatchPersonsRequest,
  type WatchPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import { credentials, type ClientReadableStream } from '@grpc/grpc-js';
import { peopleCalls, type Connected } from '../contract/connected.js';
import { openInProcess } from '../contract/services-under-test.js';
import { after, NOW, SNAPSHOT, Watcher } from '../contract/watcher.js';
import { connect } from '../index.js';
import { clientOf, messageOf, statusOf } from '../test-support/grpc-calls.js';
import { failure } from '../test-support/outcome.js';
import { createSchema, postgresServer } from '../test-support/postgres.js';
import { startServerProcess, type ServerProcess } from '../test-support/program.js';
import { residentBytes } from '../test-support/resident-bytes.js';
import { startDirectory } from './run.js';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;

it('ends watches as soon as the server begins to stop, and so stops before its grace ends', async () => {
  const server = await startDirectory({ ...quiet, shutdownGraceMs: 50_000 });
  await using connected = connectTo(server.addresses[0]);
  const watchers = Array.from({ length: 3 }, () => new Watcher(connected, NOW));
  for (const watcher of watchers) await watcher.next();
  const ends = watchers.map((watcher) => failure(watcher.next()));
  const startedMs = performance.now();
  await server.stop();
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  for (const end of ends) {
    expect(await end).toMatchObject({ codeName: 'UNAVAILABLE', reason: 'SERVER_STOPPING' });
  }
});

it('rejects tokens from before the deletion of people who have been removed for good', async () => {
  const server = await startDirectory({ ...quiet, keepDeletedMs: 0 });
  await using connected = connectTo(server.addresses[0]);
  const people = peopleCalls(connected);
  await people.recordPersons(Array.from({ length: 600 }, () => ({ name: 'Ann' })));
  const watcher = new Watcher(connected, SNAPSHOT);
  const tokens = (await watcher.until(() => watcher.isComplete)).map((one) => one.syncToken);
  expect(tokens.length).toBeGreaterThan(2);
  await people.deletePerson({ id: 1 });
  const deleted = () =>
    people.getPerson({ key: { key: { $case: 'id', value: 1 } }, showDeleted: true });
  await watcher.seeDeleted(1);
  await watcher[Symbol.asyncDispose]();
  await expect(untilRejected(deleted)).resolves.toMatchObject({ codeName: 'NOT_FOUND' });
  for (const token of tokens) {
    await using late = new Watcher(connected, after(token));
    expect(await failure(late.until(() => false))).toMatchObject({
      codeName: 'OUT_OF_RANGE',
      reason: 'SYNC_TOKEN_EXPIRED',
    });
  }
  await using resumed = new Watcher(connected, after(watcher.token));
  expect(await resumed.next()).toMatchObject({ people: [], deletedIds: [] });
  await server.stop();
});

it('reports what was written on another server, and takes tokens of it', async () => {
  const database = await postgresServer();
  const schema = await createSchema(database);
  const [one, other] = [await openInProcess(schema.url), await openInProcess(schema.url)];
  const record = async (on: Connected, name: string) =>
    (await peopleCalls(on).recordPersons([{ name }])).people[0];
  await using watcher = new Watcher(one, NOW);
  const tokens = [(await watcher.next()).syncToken];
  const written = [];
  for (const [on, name] of [
    [other, 'Ann'],
    [one, 'Bea'],
    [other, 'Cid'],
  ] as const) {
    const person = await record(on, name);
    if (person === undefined) throw new Error('no person was recorded');
    await watcher.see(person);
    written.push(person);
    tokens.push(watcher.token);
  }
  expect([...watcher.people.values()]).toEqual(written);
  for (const [place, token] of tokens.slice(0, -1).entries()) {
    await using resumed = new Watcher(other, after(token));
    const last = written.at(-1);
    if (last !== undefined) await resumed.see(last);
    expect([...resumed.people.values()]).toEqual(written.slice(place));
  }
  await one.close();
  await other.close();
  await schema.remove();
  await database.stop();
});

describe('a server process', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServerProcess(['--store', ':memory:']);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('spends no time on 1,000 watchers of a directory in which nothing changes', async () => {
    const clients = Array.from({ length: 10 }, () => clientOnItsOwnConnection(server.address));
    const calls = clients.flatMap((client) =>
      Array.from({ length: 100 }, () => client.watchPersons(nowRequest(240))),
    );
    await Promise.all(calls.map(messageOf));
    await using connected = connectTo(server.address);
    await using clock = new Watcher(connected, NOW, { heartbeatSeconds: 2 });
    await clock.next();
    const beforeMs = cpuMs(server.pid);
    const startedMs = performance.now();
    for (let beats = 0; beats < 2; beats += 1) await clock.next();
    expect(performance.now() - startedMs).toBeGreaterThan(3900);
    // A tick of the system's clock is 10 ms. A timer for each watcher and second would take 100 ms.
    expect(cpuMs(server.pid) - beforeMs).toBeLessThan(100);
    await endAll(calls);
    for (const client of clients) client.close();
  });

  it('keeps nothing for watchers who stop reading, whatever changes meanwhile', async () => {
    using client = clientOf(PersonGuideClient, server.address);
    const calls = Array.from({ length: 50 }, () => client.watchPersons(nowRequest(15)));
    await Promise.all(calls.map(messageOf));
    for (const call of calls) call.pause();
    await using connected = connectTo(server.address);
    await using reader = new Watcher(connected, NOW);
    await reader.next();
    const change = changes(connected, reader);
    await change(10);
    const before = residentBytes(server.pid);
    await change(60);
    // Kept for each of them, it would be 3 GiB; garbage that is not collected yet counts as well.
    expect(residentBytes(server.pid) - before).toBeLessThan(128 * MIB);
    await endAll(calls);
  });
});

/** Changes the same people again and again, 1 MiB a turn, which `reader` then has read. */
function changes(connected: Connected, reader: Watcher): (turns: number) => Promise<void> {
  let turn = 0;
  return async (turns) => {
    for (let end = turn + turns; turn < end; turn += 1) {
      const list = Array.from({ length: 105 }, (_, index) => ({
        id: index + 1,
        name: `Ann ${turn}`,
        note: 'x'.repeat(9_950),
      }));
      const { people } = await peopleCalls(connected).recordPersons(list);
      const last = people.at(-1);
      if (last !== undefined) await reader.see(last);
    }
  };
}

const quiet = { listen: ['127.0.0.1:0'], store: ':memory:', logLevel: 'silent' } as const;

function connectTo(address = ''): Connected & AsyncDisposable {
  const client = connect(address, { retry: false, timeoutMs: 30_000 });
  const close = async (): Promise<void> => {
    client.close();
  };
  return { client, address, close, [Symbol.asyncDispose]: close };
}

function nowRequest(heartbeatSeconds: number): WatchPersonsRequest {
  return WatchPersonsRequest.fromPartial({ start: NOW, heartbeatSeconds });
}

/** A connection takes 100 calls, and clients of grpc-js share theirs by default. */
function clientOnItsOwnConnection(address: string): PersonGuideClient {
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  return new PersonGuideClient(address, credentials.createInsecure(), options);
}

/** Makes the call again until it fails. */
async function untilRejected(call: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      await call();
    } catch (error) {
      return error;
    }
  }
}

async function endAll(calls: readonly ClientReadableStream<WatchPersonsResponse>[]): Promise<void> {
  const ends = calls.map(statusOf);
  for (const call of calls) call.cancel();
  await Promise.all(ends);
}

/** The processor time of a process so far. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
