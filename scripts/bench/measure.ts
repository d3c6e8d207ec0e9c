import type { PreparedCase } from './cases.js';
import { cpuMs, type RunningServer } from './processes.js';
import { spread, type Spread } from './statistics.js';

/** The measurements of one server in one round. */
export interface Sample {
  readonly operations: number;
  readonly wallMs: number;
  readonly serverCpuMs: number;
  readonly clientCpuMs: number;
}

/** The results of one server in all rounds. */
export interface Result {
  readonly server: string;
  readonly perSecond: Spread;
  /** Of the server; NaN where the system does not report it. */
  readonly cpuMicrosPerOperation: Spread;
  /** The share of its core that the server used, and the load generator: 1 is a full core. */
  readonly serverBusy: number;
  readonly clientBusy: number;
}

/** A server that is ready to be measured in a case. */
export interface Contestant {
  readonly server: RunningServer;
  readonly prepared: PreparedCase;
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
  return contestants.map(({ server }, index) => summarize(server.name, samples[index] ?? []));
}

async function measureOnce({ server, prepared }: Contestant, seconds: number): Promise<Sample> {
  const batch = prepared.next();
  const serverCpuBeforeMs = cpuMs(server.pid);
  const clientBefore = process.cpuUsage();
  const startMs = performance.now();
  let operations = 0;
  do operations += await batch();
  while (!prepared.oneBatchPerRound && performance.now() - startMs < seconds * 1000);
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(clientBefore);
  const serverCpuMs = cpuMs(server.pid) - serverCpuBeforeMs;
  return { operations, wallMs, serverCpuMs, clientCpuMs: (user + system) / 1000 };
}

function summarize(server: string, samples: readonly Sample[]): Result {
  const of = (value: (sample: Sample) => number): Spread => spread(samples.map(value));
  return {
    server,
    perSecond: of(({ operations, wallMs }) => (operations / wallMs) * 1000),
    cpuMicrosPerOperation: of(({ operations, serverCpuMs }) => (serverCpuMs / operations) * 1000),
    serverBusy: of(({ serverCpuMs, wallMs }) => serverCpuMs / wallMs).median,
    clientBusy: of(({ clientCpuMs, wallMs }) => clientCpuMs / wallMs).median,
  };
}
