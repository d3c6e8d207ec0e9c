import type { PreparedCase } from './case.js';
import { cpuMs, type RunningServer } from './processes.js';
import { spread, type Spread } from './statistics.js';

/** The measurements of one server in one round. */
export interface Sample {
  readonly operations: number;
  readonly wallMs: number;
  readonly serverCpuMs: number;
  readonly clientCpuMs: number;
  /** NaN where there is no database server. */
  readonly databaseCpuMs: number;
}

/** The results of one server in all rounds. */
export interface Result {
  readonly server: string;
  readonly perSecond: Spread;
  /** Of the server; NaN where the system does not report it. */
  readonly cpuMicrosPerOperation: Spread;
  /** Of the database server beside it; NaN where there is none, or on another machine. */
  readonly databaseCpuMicrosPerOperation: Spread;
  /** The share of its core that the server used, and the load generator: 1 is a full core. */
  readonly serverBusy: number;
  readonly clientBusy: number;
}

/** A server that is ready to be measured in a case. */
export interface Contestant {
  readonly name: string;
  /** Their CPU time counts together. None if the load generator does the work itself. */
  readonly servers: readonly RunningServer[];
  readonly prepared: PreparedCase;
  /** CPU time of the database server so far, in milliseconds. */
  readonly databaseCpuMs?: (() => number) | undefined;
}

export interface Rounds {
  readonly rounds: number;
  /** The minimum duration of a round, for cases that repeat a batch. */
  readonly seconds: number;
}

/** Warms up all contestants, then measures them in turns. Returns results in their order. */
export async function compete(
  contestants: readonly Contestant[],
  { rounds, seconds }: Rounds,
): Promise<Result[]> {
  const samples = contestants.map((): Sample[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, contestant] of contestants.entries()) {
      const sample = await measureOnce(contestant, seconds);
      if (round > 0) samples[index]?.push(sample);
    }
  }
  for (const { prepared } of contestants) await prepared.verify?.();
  return contestants.map(({ name }, index) => summarize(name, samples[index] ?? []));
}

async function measureOnce(
  { servers, prepared, databaseCpuMs = () => NaN }: Contestant,
  seconds: number,
): Promise<Sample> {
  const batch = prepared.next();
  const serverCpuBeforeMs = cpuOf(servers);
  const databaseCpuBeforeMs = databaseCpuMs();
  const clientBefore = process.cpuUsage();
  const startMs = performance.now();
  let operations = 0;
  do operations += await batch();
  while (!prepared.oneBatchPerRound && performance.now() - startMs < seconds * 1000);
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(clientBefore);
  return {
    operations,
    wallMs,
    serverCpuMs: cpuOf(servers) - serverCpuBeforeMs,
    clientCpuMs: (user + system) / 1000,
    databaseCpuMs: databaseCpuMs() - databaseCpuBeforeMs,
  };
}

/** CPU time of the servers so far, in milliseconds. */
export function cpuOf(servers: readonly RunningServer[]): number {
  return servers.reduce((sum, { pid }) => sum + cpuMs(pid), 0);
}

function summarize(server: string, samples: readonly Sample[]): Result {
  const of = (value: (sample: Sample) => number): Spread => spread(samples.map(value));
  const micros = (cpu: (sample: Sample) => number): Spread =>
    of((sample) => (cpu(sample) / sample.operations) * 1000);
  return {
    server,
    perSecond: of(({ operations, wallMs }) => (operations / wallMs) * 1000),
    cpuMicrosPerOperation: micros(({ serverCpuMs }) => serverCpuMs),
    databaseCpuMicrosPerOperation: micros(({ databaseCpuMs }) => databaseCpuMs),
    serverBusy: of(({ serverCpuMs, wallMs }) => serverCpuMs / wallMs).median,
    clientBusy: of(({ clientCpuMs, wallMs }) => clientCpuMs / wallMs).median,
  };
}
