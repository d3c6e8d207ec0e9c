import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from './processes.js';
import { PRODUCT, start, type Workspace } from './servers.js';
import { spread, type Spread } from './statistics.js';

/** How soon the product answers, and what it takes when it has nothing to do. */
export interface StartResult {
  readonly firstAnswerMs: Spread;
  readonly residentMiB: Spread;
}

const REST_MS = 1_000;

/** Starts the product that many times, the first time on a new store, then on the same one. */
export async function measureStart(workspace: Workspace, runs: number): Promise<StartResult> {
  const firstAnswersMs: number[] = [];
  const residents: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startMs = performance.now();
    const server = await start(workspace, PRODUCT, 'start.db');
    firstAnswersMs.push(performance.now() - startMs);
    await sleep(REST_MS);
    residents.push(residentMiB(server.pid));
    await server.stop();
  }
  return { firstAnswerMs: spread(firstAnswersMs), residentMiB: spread(residents) };
}
