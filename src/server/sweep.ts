import { setTimeout as wait } from 'node:timers/promises';
import type { PeopleChangeStore } from '../directory/store.js';
import type { Log } from './log.js';

const LONGEST_INTERVAL_MS = 10 * 60_000;
const SHORTEST_INTERVAL_MS = 1000;

/** People per transaction: other writes wait no longer than for these. */
const PEOPLE_PER_PURGE = 500;

/** Removes for good what was deleted long ago. */
export interface Sweep {
  /** Resolves once nothing more is removed. */
  stop(): Promise<void>;
}

/**
 * Removes the people who were deleted more than that long ago: now, and then every ten minutes, or
 * more often if they are kept for less. A failure is logged, and the next round tries again.
 */
export function startSweep(store: PeopleChangeStore, keepDeletedMs: number, log: Log): Sweep {
  const intervalMs = Math.max(SHORTEST_INTERVAL_MS, Math.min(LONGEST_INTERVAL_MS, keepDeletedMs));
  const stopping = new AbortController();
  const { signal } = stopping;

  async function sweep(): Promise<void> {
    const before = new Date(Date.now() - keepDeletedMs);
    let purged = 0;
    let last: number;
    do {
      last = await store.purgeDeleted(before, PEOPLE_PER_PURGE, { signal });
      purged += last;
    } while (last === PEOPLE_PER_PURGE);
    if (purged > 0) log.info({ people: purged }, 'removed people who were deleted long ago');
  }

  function report(error: unknown): void {
    if (!signal.aborted) log.warn({ err: error }, 'could not remove deleted people');
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await sweep().catch(report);
      // An abort only ends the wait.
      await wait(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
