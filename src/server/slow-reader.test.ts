import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { Adress, Person, PersonGuideClient } from '../../gen/personguide/person_guide.js';
import { connect } from '../index.js';
import { openProxy } from '../test-support/breakable-proxy.js';
import { all } from '../test-support/outcome.js';
import { clientOf, messageOf, statusOf } from '../test-support/grpc-calls.js';
import { isCall, startServerProcess, type ServerProcess } from '../test-support/program.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { type LogLine } from '../test-support/child.js';
import { openStore } from '../store/open.js';
import { residentBytes } from '../test-support/resident-bytes.js';

const PEOPLE = 40_000;
/** What 40,000 people take in wire form; a server that collects them takes more. */
const LIST_BYTES = 20 * 1024 * 1024;
const STALLED_READERS = 20;

/** A program that lists everyone, says so at the first, and reads no further. */
const READER = `
  const { credentials, Metadata } = require('@grpc/grpc-js');
  const { PersonGuideClient } = require('./dist/gen/personguide/person_guide.js');
  const client = new PersonGuideClient(process.argv[1], credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x-request-id', 'killed');
  const list = client.listPersons({ name: '' }, metadata);
  list.once('data', () => { list.pause(); process.stdout.write('reading'); });
`;

let folder: Folder;
let server: ServerProcess;

beforeAll(async () => {
  folder = temporaryFolder();
  const file = folder.file('people.db');
  await fill(file);
  server = await startServerProcess(['--store', file]);
  // A search waits for its index, which would take memory during the tests.
  await using client = connect(server.address, { timeoutMs: 50_000 });
  await client.people.searchPersons({ query: 'person' });
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

it('lists 20 MiB of people to readers that stop reading, and its memory stays flat', async () => {
  using people = clientOf(PersonGuideClient, server.address);
  const before = residentBytes(server.pid);

  const lists = Array.from({ length: STALLED_READERS }, () =>
    people.listPersons(Adress.fromPartial({})),
  );
  await Promise.all(lists.map(stall));
  // Time enough for a server that goes on by itself: another reader gets all of it meanwhile.
  expect(await countAll(server)).toBe(PEOPLE);
  const growth = residentBytes(server.pid) - before;
  expect(growth).toBeLessThan((STALLED_READERS * LIST_BYTES) / 5);

  const ends = lists.map(statusOf);
  for (const list of lists) list.cancel();
  await Promise.all(ends);
  const line = await server.line(isCall('ListPersons', 'CANCELLED'));
  expect(line['sent']).toBeLessThan(PEOPLE / 2);
}, 60_000);

it('lets go of the call when the process of the reader is killed', async () => {
  const child = spawn(process.execPath, ['-e', READER, server.address], {
    cwd: resolve(__dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  const line = await lineOf('killed');
  expect(line).toMatchObject({ status: 'CANCELLED' });
  expect(line['sent']).toBeLessThan(PEOPLE / 2);
}, 20_000);

it('lets go of the call when the connection breaks', async () => {
  await using proxy = await openProxy(server.address);
  using people = clientOf(PersonGuideClient, proxy.address);
  const list = people.listPersons(Adress.fromPartial({}), named('broken'));
  await stall(list);
  const end = statusOf(list);
  proxy.break();
  list.resume();
  await end;
  expect(await lineOf('broken')).toMatchObject({ status: 'CANCELLED' });
}, 20_000);

it('lets go of the call at its deadline, although the reader does not read', async () => {
  using people = clientOf(PersonGuideClient, server.address);
  const deadline = Date.now() + 500;
  const list = people.listPersons(Adress.fromPartial({}), named('late'), { deadline });
  const end = statusOf(list);
  await stall(list);
  expect(await lineOf('late')).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
  list.resume();
  await end;
}, 20_000);

it('records nothing of a call whose connection breaks, and lets go of it', async () => {
  await using proxy = await openProxy(server.address);
  using people = clientOf(PersonGuideClient, proxy.address);
  const recording = people.recordPersons(named('cut-off'), () => undefined);
  const adresses = Array.from({ length: 20 }, () => ({ name: 'Broken Street'.padEnd(200) }));
  const person = Person.fromPartial({ name: 'Ann', adresses });
  // More than the buffers of grpc-js hold, so that most has arrived when all is written.
  for (let sent = 1; sent < 1000; sent += 1) recording.write(person);
  await new Promise<void>((resolve) => {
    recording.write(person, () => {
      resolve();
    });
  });
  const end = statusOf(recording);
  proxy.break();
  await end;
  expect(await lineOf('cut-off')).toMatchObject({ status: 'CANCELLED' });
  await using client = connect(server.address);
  expect(await all(client.people.listPersons({ name: 'Broken Street' }))).toEqual([]);
}, 20_000);

async function fill(file: string): Promise<void> {
  const store = await openStore(file);
  for (let first = 1; first <= PEOPLE; first += 10_000) {
    const people = Array.from({ length: 10_000 }, (_, index) =>
      Person.fromPartial({
        id: first + index,
        name: `Person number ${first + index}`,
        email: `person${first + index}@example.com`,
        phones: [{ number: '1234', type: 1 }],
        adresses: [{ name: 'my adress' }],
        note: 'x'.repeat(400),
      }),
    );
    await store.recordPeople(people);
  }
  await store.close();
}

/** Waits for the first person, and reads no further. */
async function stall(list: ReturnType<PersonGuideClient['listPersons']>): Promise<void> {
  await messageOf(list);
  list.pause();
}

async function countAll({ address }: ServerProcess): Promise<number> {
  await using client = connect(address);
  let count = 0;
  for await (const { id } of client.people.listPersons({})) count += id > 0 ? 1 : 0;
  return count;
}

/** The line of the call that was given this request id. */
function lineOf(requestId: string): Promise<LogLine> {
  return server.line((line) => line['requestId'] === requestId);
}

/** Metadata by which the line of a call can be found. */
function named(requestId: string): Metadata {
  const metadata = new Metadata();
  metadata.set('x-request-id', requestId);
  return metadata;
}
