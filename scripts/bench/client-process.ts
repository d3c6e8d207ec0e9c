// One client in a process of its own: `node client-process.js CLIENT KIND PORT SECONDS SIZES`.
// Warms up, measures, and prints one line of JSON.
import type { Sizes } from './case.js';
import type { ClientSample } from './client.js';
import type { BenchedClient, Kind } from './clients/benched-client.js';
import { isWay, loadBy } from './clients/loading.js';
import { connectProduct } from './clients/product.js';
import { connectStub } from './clients/stub.js';
import { phonesOf, samplePerson, scatteredIds } from './sample-data.js';

const IN_FLIGHT = 100;

/** Returns a function that makes a batch of calls and resolves with its number of units (KINDS). */
function batchOf(client: BenchedClient, kind: Kind, sizes: Sizes): () => Promise<number> {
  const { people, calls, peoplePerRecordCall: perCall } = sizes;
  const some = Array.from({ length: perCall }, (_, index) => samplePerson(index + 1));
  const ids = scatteredIds(calls, people);
  const phones = some.reduce((sum, { id }) => sum + phonesOf(id), 0);
  const batches: Record<Kind, () => Promise<number>> = {
    getPhone: () => getPhones(client, ids),
    listPersons: () => counted(client.listPersons(), people, people),
    recordPersons: () => counted(client.recordPersons(some), perCall, perCall),
    routePhones: () => counted(client.routePhones(some), phones, perCall),
  };
  return batches[kind];
}

async function counted(
  response: Promise<number>,
  expected: number,
  units: number,
): Promise<number> {
  const actual = await response;
  if (actual !== expected) throw new Error(`${actual} messages, ${expected} expected`);
  return units;
}

async function getPhones(client: BenchedClient, ids: readonly number[]): Promise<number> {
  const waiting = ids.values();
  const slot = async (): Promise<void> => {
    for (const id of waiting) await client.getPhone(id);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, slot));
  return ids.length;
}

async function measure(batch: () => Promise<number>, seconds: number): Promise<ClientSample> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  let units = 0;
  do units += await batch();
  while (performance.now() - startMs < seconds * 1000);
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  return { units, wallMs, cpuMs: (user + system) / 1000 };
}

async function main(): Promise<void> {
  const [name, kind = '', port, seconds, sizes = '{}'] = process.argv.slice(2);
  const connectClient = name === 'stub' ? connectStub : connectProduct;
  const batch = isWay(kind)
    ? loadBy(kind, Number(port))
    : batchOf(connectClient(Number(port)), kind as Kind, JSON.parse(sizes) as Sizes);
  await measure(batch, Number(seconds));
  process.stdout.write(`${JSON.stringify(await measure(batch, Number(seconds)))}\n`);
  process.exit(0);
}

void main();
