import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Sizes } from './case.js';
import { loadPeople } from './people-cases.js';
import { KINDS, type Kind } from './clients/benched-client.js';
import { WAYS, type Way } from './clients/loading.js';
import { spawnNode } from './processes.js';
import { PLAIN, PRODUCT, start, type Workspace } from './servers.js';
import { spread, type Spread } from './statistics.js';

/** The measurements of one client process. */
export interface ClientSample {
  readonly units: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** The results of the clients for one kind of call. */
export interface ClientResult {
  readonly kind: Kind;
  readonly unit: string;
  readonly clients: readonly {
    readonly client: string;
    readonly perSecond: Spread;
    readonly cpuMicrosEach: Spread;
  }[];
}

interface ClientPlan {
  readonly rounds: number;
  readonly seconds: number;
  readonly sizes: Sizes;
}

const CLIENTS = ['stub', 'personguide'];

/** Runs the clients in turns, each in a process of its own, against the same plain server. */
export async function measureClients(
  workspace: Workspace,
  { rounds, seconds, sizes }: ClientPlan,
): Promise<ClientResult[]> {
  const server = await start(workspace, PLAIN, '');
  await loadPeople(server.port, sizes.people);
  const results: ClientResult[] = [];
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const samples = CLIENTS.map((): ClientSample[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, client] of CLIENTS.entries()) {
        samples[index]?.push(await runClient([client, kind, server.port, seconds], sizes));
      }
    }
    const clients = CLIENTS.map((client, index) => ({
      client,
      ...spreadOf(samples[index] ?? []),
    }));
    results.push({ kind, unit: KINDS[kind], clients });
  }
  await server.stop();
  return results;
}

/** The results of one way to load people into the product. */
export interface LoadingResult {
  readonly way: Way;
  readonly perSecond: Spread;
  /** Of the client. */
  readonly cpuMicrosEach: Spread;
}

/** Loads new people into the product in each way, in turns, each in a process of its own. */
export async function measureLoading(
  workspace: Workspace,
  { rounds, seconds, sizes }: ClientPlan,
): Promise<LoadingResult[]> {
  const server = await start(workspace, PRODUCT, 'loading.db');
  const ways = Object.keys(WAYS) as Way[];
  const samples = ways.map((): ClientSample[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      samples[index]?.push(await runClient([PRODUCT, way, server.port, seconds], sizes));
    }
  }
  await server.stop();
  return ways.map((way, index) => ({ way, ...spreadOf(samples[index] ?? []) }));
}

function spreadOf(samples: readonly ClientSample[]): Omit<LoadingResult, 'way'> {
  return {
    perSecond: spread(samples.map(({ units, wallMs }) => (units / wallMs) * 1000)),
    cpuMicrosEach: spread(samples.map(({ units, cpuMs }) => (cpuMs / units) * 1000)),
  };
}

async function runClient(args: readonly (string | number)[], sizes: Sizes): Promise<ClientSample> {
  const script = join(__dirname, 'client-process.js');
  const child = spawnNode(
    1,
    [script, ...args.map(String), JSON.stringify(sizes)],
    ['ignore', 'pipe', 'inherit'],
  );
  if (child.stdout === null) throw new Error('the client has no output');
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (child.exitCode !== 0) throw new Error(`client ${args.join(' ')} failed`);
  return JSON.parse(output) as ClientSample;
}
