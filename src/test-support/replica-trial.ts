import { Person } from '../../gen/personguide/person_guide.js';
import {
  connect,
  RpcError,
  type Directory,
  type PeopleEvent,
  type PersonInput,
  type Replica,
} from '../index.js';
import { deferred } from './deferred.js';
import { openProxy, type BreakableProxy } from './breakable-proxy.js';
import { randomNumbers } from './random.js';
import { startRestartableServer, type RestartableServer } from './restartable-server.js';

/** What happens while a replica follows a directory. */
export interface ReplicaPlan {
  readonly store: string;
  readonly people: number;
  /** Random changes, each one call. */
  readonly changes: number;
  /** How often the server is killed meanwhile, and how often the connection is cut. */
  readonly kills: number;
  readonly cuts: number;
}

/** What a replica had in the end. */
export interface ReplicaReport {
  readonly people: number;
  /** People who differ between the replica and the directory, or are in one of them only. */
  readonly different: number;
  /** The same, for a Map that was kept by the changes that the replica reported. */
  readonly differentByChanges: number;
  /** Events of a watch that had a version of a person that had come before. */
  readonly repeated: number;
  readonly interruptions: number;
  readonly snapshotMs: number;
  readonly changesMs: number;
}

const WRITERS = 8;

/** The name of the person who is created after all changes. */
const LAST = 'the last one';

/**
 * Changes a directory at random while its server is killed and the connection of a replica is cut,
 * and compares the two at the end.
 */
export async function runReplicaTrial(plan: ReplicaPlan): Promise<ReplicaReport> {
  await using server = await startRestartableServer(plan.store);
  await using proxy = await openProxy(server.address);
  await using writer = connect(server.address, { retry: { maxAttempts: 20 }, timeoutMs: 60_000 });
  await using reader = connect(proxy.address);
  await writer.people.importPeople(people(plan.people));
  const startMs = performance.now();
  using replica = reader.replica();
  const byChanges = followChanges(replica);
  const versions = followVersions(reader);
  await Promise.all([replica.ready, versions.snapshot]);
  const readyMs = performance.now();
  await changeAtRandom(plan, writer, server, proxy);
  const marker = await writer.people.createPerson({ person: { name: LAST } });
  await hasPerson(replica, marker.person.id);
  const changesMs = performance.now() - readyMs;
  await versions.ended;
  const expected = await contentOf(writer);
  return {
    people: expected.size,
    different: differences(expected, encodedContent(replica)),
    differentByChanges: differences(expected, encodedContent(byChanges)),
    ...versions.counts,
    snapshotMs: readyMs - startMs,
    changesMs,
  };
}

function* people(count: number): Generator<PersonInput> {
  for (let at = 1; at <= count; at += 1) {
    yield {
      name: `Person ${at}`,
      email: `person.${at}@example.org`,
      phones: [{ number: `+49 30 ${1_000_000 + at}` }],
    };
  }
}

async function changeAtRandom(
  { people: initial, changes, kills, cuts }: ReplicaPlan,
  { people }: Directory,
  server: RestartableServer,
  proxy: BreakableProxy,
): Promise<void> {
  const random = randomNumbers(changes);
  const killAt = evenly(changes, kills);
  // Not at the same time as the kills.
  const cutAt = evenly(changes, cuts).map((at) => at - Math.ceil(changes / 50));
  const restarts: Promise<void>[] = [];
  let made = 0;
  const write = async (): Promise<void> => {
    while (made < changes) {
      made += 1;
      if (killAt.includes(made)) restarts.push(server.restart());
      if (cutAt.includes(made)) proxy.break();
      await change(people, random, initial, made);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  await Promise.all(restarts);
}

/** The places of some events among many steps. */
function evenly(steps: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => Math.round(((at + 1) * steps) / (count + 1)));
}

/** Makes one change; one that is not possible, such as deleting a deleted person, is none. */
async function change(
  people: Directory['people'],
  random: () => number,
  initial: number,
  turn: number,
): Promise<void> {
  const id = 1 + Math.floor(random() * initial * 1.02);
  const name = `Person ${id}, change ${turn}`;
  const kinds = [
    () => people.updatePerson({ person: { id, note: `change ${turn}` } }),
    () =>
      people.updatePerson({ person: { id, email: `new.${turn}@example.org`, labels: ['vip'] } }),
    () => people.deletePerson({ id }),
    () => people.undeletePerson({ id }),
    () => people.createPerson({ person: { name, emails: [{ address: `e.${turn}@example.org` }] } }),
    () => people.recordPersons([{ id, name }, { name }, { id: id + 1, name }]),
  ];
  try {
    await kinds[Math.floor(random() * kinds.length)]?.();
  } catch (error) {
    const codes = ['NOT_FOUND', 'ALREADY_EXISTS'];
    if (!(error instanceof RpcError) || !codes.includes(error.codeName)) throw error;
  }
}

function followChanges(replica: Replica): ReadonlyMap<number, Person> {
  const known = new Map<number, Person>();
  replica.onChange(({ people: changed, deletedIds }) => {
    for (const person of changed) known.set(person.id, person);
    for (const id of deletedIds) known.delete(id);
  });
  return known;
}

/** Follows all versions of all people, to find those that come twice. */
function followVersions({ people }: Directory) {
  const etags = new Map<number, string>();
  const snapshot = deferred();
  const counts = { repeated: 0, interruptions: 0 };
  const events = people.watch({ onRetry: () => (counts.interruptions += 1) });
  const take = ({ people: changed, deletedIds }: PeopleEvent): void => {
    for (const { id, etag } of changed) {
      if (etags.get(id) === etag) counts.repeated += 1;
      etags.set(id, etag);
    }
    for (const id of deletedIds) etags.delete(id);
  };
  const readUntilEnd = async (): Promise<void> => {
    for await (const event of events) {
      take(event);
      if (event.snapshotComplete) snapshot.resolve();
      if ([...event.people].some(({ name }) => name === LAST)) return;
    }
  };
  return { counts, snapshot: snapshot.promise, ended: readUntilEnd() };
}

function hasPerson(replica: Replica, id: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (replica.has(id)) resolve();
    };
    replica.onChange(look);
    look();
  });
}

async function contentOf({ people }: Directory): Promise<Map<number, string>> {
  const content = new Map<number, string>();
  for await (const person of people.listPersons({})) content.set(person.id, encoded(person));
  return content;
}

function encodedContent(people: ReadonlyMap<number, Person>): Map<number, string> {
  return new Map(Array.from(people, ([id, person]) => [id, encoded(person)]));
}

function encoded(person: Person): string {
  return Buffer.from(Person.encode(person).finish()).toString('latin1');
}

function differences(one: Map<number, string>, other: Map<number, string>): number {
  const ids = new Set([...one.keys(), ...other.keys()]);
  return [...ids].filter((id) => one.get(id) !== other.get(id)).length;
}
