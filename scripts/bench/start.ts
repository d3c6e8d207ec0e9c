import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from './processes.js';
import { PRODUCT, start, type Workspace } from './servers.js';
import { spread, type Spread } from './statistics.js';

/** How soon the product responds after its start, and how much memory it uses when idle. */
export interface StartResult {
  readonly firstResponseMs: Spread;
  readonly residentMiB: Spread;
}

const REST_MS = 1_000;

/** Starts the product that many times on the same store, which is new the first time. */
export async function measureStart(workspace: Workspace, runs: number): Promise<StartResult> {
  const firstResponsesMs: number[] = [];
  const residents: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startMs = performance.now();
    const server = await start(workspace, PRODUCT, 'start.db');
    firstResponsesMs.push(performance.now() - startMs);
    await sleep(REST_MS);
    residents.push(residentMiB(server.pid));
    await server.stop();
  }
  return { firstResponseMs: spread(firstResponsesMs), residentMiB: spread(residents) };
}
