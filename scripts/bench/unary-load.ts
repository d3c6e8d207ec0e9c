import { writeFileSync } from 'node:fs';
import { HAS_H2LOAD, runH2load } from './h2load.js';
import { cpuOf, type Contestant, type Rounds } from './measure.js';
import type { UnaryLoad } from './case.js';
import { callOnce, connect, frames } from './raw-client.js';
import { latenciesOf, spread, type Latencies, type Spread } from './statistics.js';

/** Latencies at a steady rate, half of what the server can do. */
export interface HalfLoad extends Latencies {
  readonly perSecond: number;
}

/** What a server does with h2load as its client. */
export interface H2loadResult {
  readonly perSecond: Spread;
  readonly cpuMicrosPerOperation: Spread;
}

/** Calls each server at half of its throughput, in turns. Returns the latencies of all rounds. */
export async function measureHalfLoad(
  contestants: readonly Contestant[],
  throughputs: readonly number[],
  { rounds, seconds }: Rounds,
): Promise<(HalfLoad | undefined)[]> {
  const times = contestants.map((): Float64Array[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { prepared }] of contestants.entries()) {
      const perSecond = halfOf(throughputs[index]);
      const latencies = await prepared.unary?.callAtRate(perSecond, seconds);
      if (latencies) times[index]?.push(latencies);
    }
  }
  return times.map((rounds, index) =>
    rounds.length === 0
      ? undefined
      : {
          perSecond: halfOf(throughputs[index]),
          ...latenciesOf(rounds.flatMap((one) => [...one])),
        },
  );
}

/** Measures the servers with h2load, in turns, if it is installed. `file` is for the request. */
export async function measureWithH2load(
  contestants: readonly Contestant[],
  { rounds, seconds }: Rounds,
  file: string,
): Promise<(H2loadResult | undefined)[]> {
  if (!HAS_H2LOAD) return contestants.map(() => undefined);
  const samples = contestants.map((): { perSecond: number; cpuMicros: number }[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { servers, prepared }] of contestants.entries()) {
      const [server] = servers;
      if (server === undefined || prepared.unary === undefined) continue;
      const { unary } = prepared;
      const request = frames([unary.repeatable]);
      writeFileSync(file, request);
      await expectSuccess(server.port, unary, request);
      const cpuBeforeMs = cpuOf(servers);
      const { path, shape } = unary;
      const run = await runH2load({ port: server.port, path, shape, requestFile: file, seconds });
      samples[index]?.push({
        perSecond: (run.calls / run.wallMs) * 1000,
        cpuMicros: ((cpuOf(servers) - cpuBeforeMs) / run.calls) * 1000,
      });
    }
  }
  return samples.map((rounds) =>
    rounds.length === 0
      ? undefined
      : {
          perSecond: spread(rounds.map(({ perSecond }) => perSecond)),
          cpuMicrosPerOperation: spread(rounds.map(({ cpuMicros }) => cpuMicros)),
        },
  );
}

function halfOf(throughput = 0): number {
  return throughput / 2;
}

async function expectSuccess(port: number, { path }: UnaryLoad, request: Buffer): Promise<void> {
  const connection = await connect(port);
  try {
    await new Promise<void>((resolve, reject) => {
      callOnce(connection, path, request, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  } finally {
    connection.close();
  }
}
