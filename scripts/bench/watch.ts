import { setTimeout as sleep } from 'node:timers/promises';
import {
  Person,
  UpdatePersonRequest,
  WatchPersonsRequest,
  WatchPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import { subMessages } from '../../src/directory/encoded.js';
import type { PreparedCase } from './case.js';
import { loadPeople, prepareListPersons } from './people-cases.js';
import { compete, type Result, type Rounds } from './measure.js';
import { call, connect, frames, responseTo, type Connection } from './raw-client.js';
import { PRODUCT, startLoaded, type Workspace } from './servers.js';
import { latenciesOf, type Latencies } from './statistics.js';

const WATCH_PERSONS = '/personguide.PersonGuide/WatchPersons';
const UPDATE_PERSON = '/personguide.PersonGuide/UpdatePerson';

const WATCHERS = 100;
const WATCHERS_PER_CONNECTION = 25;
const CHANGES_PER_SECOND = 1000;

const PEOPLE_FIELD = 1;
const TITLE_FIELD = 11;

/** A response with people is larger; one without has a token, and perhaps a few ids. */
const MAX_EMPTY_RESPONSE_BYTES = 200;

/** What following people costs, on one server. */
export interface WatchResult {
  /** ListPersons, and then a snapshot by WatchPersons. */
  readonly snapshots: readonly [Result, Result];
  readonly changes: ChangesResult;
}

/** How soon changes reach watchers. */
export interface ChangesResult {
  readonly watchers: number;
  readonly changesPerSecond: number;
  /** From sending a change to its arrival at a watcher, over all watchers. */
  readonly latencies: Latencies;
}

interface WatchPlan extends Rounds {
  readonly people: number;
  /** How long changes are made. */
  readonly changeSeconds: number;
}

/** Measures a snapshot against ListPersons, and then how soon changes reach 100 watchers. */
export async function measureWatch(workspace: Workspace, plan: WatchPlan): Promise<WatchResult> {
  const { people, changeSeconds } = plan;
  const server = await startLoaded(workspace, PRODUCT, 'watch.db', (port) =>
    loadPeople(port, people),
  );
  try {
    const list = await prepareListPersons(server.port, people);
    const snapshot = await prepareSnapshot(server.port, people);
    const servers = [server];
    const [listed, watched] = await compete(
      [
        { name: 'ListPersons', servers, prepared: list },
        { name: 'WatchPersons', servers, prepared: snapshot },
      ],
      plan,
    );
    list.close();
    snapshot.close();
    if (listed === undefined || watched === undefined) throw new Error('a result is missing');
    const changes = await measureChanges(server.port, people, changeSeconds);
    return { snapshots: [listed, watched], changes };
  } finally {
    await server.stop();
  }
}

async function prepareSnapshot(port: number, people: number): Promise<PreparedCase> {
  const connection = await connect(port);
  return {
    oneBatchPerRound: false,
    next: () => async () => {
      const counted = await readSnapshot(connection);
      if (counted !== people) throw new Error(`a snapshot of ${counted} people`);
      return people;
    },
    close: () => {
      connection.close();
    },
  };
}

/** Resolves with the number of people in a snapshot. */
function readSnapshot(connection: Connection): Promise<number> {
  return new Promise((resolve, reject) => {
    let people = 0;
    const stream = watch(connection, { $case: 'snapshot', value: true }, reject, (message) => {
      if (message.length > MAX_EMPTY_RESPONSE_BYTES) {
        people += subMessages(message, PEOPLE_FIELD).length;
      } else if (WatchPersonsResponse.decode(message).snapshotComplete) {
        stream.close();
        resolve(people);
      }
    });
  });
}

/** Changes one person after the other at a steady rate, and waits until all watchers know of each. */
async function measureChanges(
  port: number,
  people: number,
  seconds: number,
): Promise<ChangesResult> {
  const changes = Math.min(seconds * CHANGES_PER_SECOND, people);
  const sentAtMs = new Float64Array(changes);
  const latenciesMs = new Float64Array(changes * WATCHERS);
  let arrived = 0;
  const connections = await Promise.all(
    Array.from({ length: WATCHERS / WATCHERS_PER_CONNECTION }, () => connect(port)),
  );
  const takeChanges = (message: Uint8Array): void => {
    const nowMs = performance.now();
    for (const person of subMessages(message, PEOPLE_FIELD)) {
      const [title = new Uint8Array()] = subMessages(person, TITLE_FIELD);
      latenciesMs[arrived] = nowMs - (sentAtMs[Number(Buffer.from(title).toString())] ?? NaN);
      arrived += 1;
    }
  };
  await Promise.all(
    Array.from({ length: WATCHERS }, (_, index) =>
      follow(connections[index % connections.length], takeChanges),
    ),
  );
  const writer = await connect(port);
  const startedMs = performance.now();
  const calls: Promise<unknown>[] = [];
  while (calls.length < changes) {
    const due = Math.min(((performance.now() - startedMs) / 1000) * CHANGES_PER_SECOND, changes);
    for (let number = calls.length; number < due; number += 1) {
      sentAtMs[number] = performance.now();
      calls.push(responseTo(writer, UPDATE_PERSON, changeOf(number)));
    }
    await sleep(1);
  }
  await Promise.all(calls);
  const tookMs = performance.now() - startedMs;
  while (arrived < latenciesMs.length) await sleep(1);
  writer.close();
  for (const connection of connections) connection.destroy();
  return {
    watchers: WATCHERS,
    changesPerSecond: (changes / tookMs) * 1000,
    latencies: latenciesOf(latenciesMs.subarray(0, arrived)),
  };
}

function changeOf(number: number): Buffer {
  const person = Person.fromPartial({ id: number + 1, title: String(number) });
  return frames([UpdatePersonRequest.encode(UpdatePersonRequest.fromPartial({ person })).finish()]);
}

/** Watches from now on; resolves once the server has responded. */
function follow(
  connection: Connection | undefined,
  onChanges: (message: Uint8Array) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (connection === undefined) throw new Error('no connection');
    watch(connection, { $case: 'now', value: true }, reject, (message) => {
      resolve();
      onChanges(message);
    });
  });
}

/** Makes a call of WatchPersons, and passes each response on. */
function watch(
  connection: Connection,
  start: WatchPersonsRequest['start'],
  onError: (error: Error) => void,
  onMessage: (message: Uint8Array) => void,
): ReturnType<typeof call> {
  const request = WatchPersonsRequest.encode(WatchPersonsRequest.fromPartial({ start })).finish();
  const split = messageSplitter(onMessage);
  const done = (error: Error | undefined): void => {
    if (error !== undefined) onError(error);
  };
  return call(connection, WATCH_PERSONS, frames([request]), done, split);
}

/** Finds the messages in chunks that may begin and end anywhere. */
function messageSplitter(onMessage: (message: Uint8Array) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let wanted = 5;
  return (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < wanted) return;
    let rest = Buffer.concat(chunks);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      onMessage(rest.subarray(5, end));
      rest = rest.subarray(end);
    }
    chunks = [rest];
    bytes = rest.length;
    wanted = rest.length < 5 ? 5 : 5 + rest.readUInt32BE(1);
  };
}
