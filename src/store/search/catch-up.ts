// Not the global one: fake timers of tests replace it.
import { performance as loop } from 'node:perf_hooks';
import { storeClosed } from '../../directory/errors.js';
import type { CancelSignal, SearchLag } from '../../directory/store.js';

/** How the index of a store is brought up to date. */
export interface CatchUpOptions {
  /** The revision of the last write of people. */
  readonly currentRevision: () => number | Promise<number>;
  /** The revision up to which everything is indexed, as far as this process knows. */
  readonly indexedRevision: () => number | Promise<number>;
  /**
   * Indexes a few of the people who have changed, now if a call awaits it; resolves with whether
   * nothing is left to do.
   */
  readonly runSlice: (isAwaited: boolean) => boolean | Promise<boolean>;
}

/** Keeps an index up to date with what is written. */
export interface CatchUp {
  /** Call it after each write of people; takes less than a microsecond. */
  written(): void;
  /** Resolves when the index has everything that was written before the call. */
  untilFresh(signal: CancelSignal | undefined): Promise<void>;
  /** How far the index is behind. */
  lag(): Promise<SearchLag>;
  /** Ends the work; resolves when none is under way. */
  stop(): Promise<void>;
}

/** Without a write for this long, the store is quiet, and what was written is indexed. */
const QUIET_MS = 100;

/** While calls go on, indexing begins this long after the first write, with little of the time... */
const POSTPONED_MS = 5_000;
const BUSY_SHARE = 0.04;

/** ...and after this long it gets more, so that it does not fall behind for ever. */
const OVERDUE_MS = 60_000;
const OVERDUE_SHARE = 0.25;

/** The share of the time of a quiet store. */
const QUIET_SHARE = 0.5;

/** A process whose event loop is busy for more than this share between two slices has calls to serve. */
const BUSY_UTILIZATION = 0.5;

/** After a failure, as when the disk is full. */
const RETRY_MS = 1_000;

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Prepares the work; it begins with `written` or `untilFresh`. */
export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { currentRevision, indexedRevision, runSlice } = options;
  let waiters: Waiter[] = [];
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let stopped = false;
  /** When the first write was made that is not indexed; undefined if all are. */
  let behindSince: number | undefined;
  let lastWriteAt = 0;
  /** The use of the event loop when the last slice had ended. */
  let sliceEnd = loop.eventLoopUtilization();
  let isBusy = false;

  function written(): void {
    lastWriteAt = performance.now();
    behindSince ??= lastWriteAt;
    if (timer === undefined) schedule(QUIET_MS);
  }

  function schedule(delayMs: number): void {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(onTimer, delayMs).unref();
  }

  function onTimer(): void {
    timer = undefined;
    if (behindSince === undefined || working !== undefined) return;
    const now = performance.now();
    const waitMs = Math.min(lastWriteAt + QUIET_MS, behindSince + POSTPONED_MS) - now;
    if (waitMs > 1) schedule(waitMs);
    else work();
  }

  function work(): void {
    working ??= runOnce().finally(() => {
      working = undefined;
      if (waiters.length > 0) setImmediate(work);
    });
  }

  async function runOnce(): Promise<void> {
    if (stopped) return;
    const startedAt = performance.now();
    const behind = behindSince;
    isBusy = loop.eventLoopUtilization(sliceEnd).utilization > BUSY_UTILIZATION;
    try {
      const done = await runSlice(waiters.length > 0);
      if (done && lastWriteAt < startedAt) behindSince = undefined;
      else if (done) behindSince = startedAt;
      await settleFresh();
      sliceEnd = loop.eventLoopUtilization();
      if (behindSince !== undefined) schedule(pauseAfter(performance.now() - startedAt, behind));
    } catch (error) {
      // A search reports it. What is left is tried again later.
      for (const { reject } of waiters.splice(0)) reject(error);
      schedule(RETRY_MS);
    }
  }

  function pauseAfter(workedMs: number, behind: number | undefined): number {
    const now = performance.now();
    const isQuiet = now - lastWriteAt >= QUIET_MS && !isBusy;
    const share = shareOfTime(isQuiet, now - (behind ?? now));
    return workedMs / share - workedMs;
  }

  async function settleFresh(): Promise<void> {
    if (waiters.length === 0) return;
    const indexed = await indexedRevision();
    const fresh = waiters.filter(({ revision }) => revision <= indexed);
    waiters = waiters.filter(({ revision }) => revision > indexed);
    for (const { resolve } of fresh) resolve();
  }

  async function untilFresh(signal: CancelSignal | undefined): Promise<void> {
    const revision = await currentRevision();
    if ((await indexedRevision()) >= revision) return;
    if (stopped) throw storeClosed();
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = { revision, resolve: settle(resolve), reject: settle(reject) };
      waiters.push(waiter);
      signal?.addEventListener('abort', abort);
      work();

      function settle<T>(end: (value: T) => void): (value: T) => void {
        return (value) => {
          signal?.removeEventListener('abort', abort);
          end(value);
        };
      }

      function abort(): void {
        waiters = waiters.filter((other) => other !== waiter);
        waiter.reject(signal?.reason);
      }
    });
  }

  return {
    written,
    untilFresh,
    lag: async () => {
      const current = await currentRevision();
      const revisions = Math.max(0, current - (await indexedRevision()));
      // What is not there any more may still await a slice that finds nothing to do.
      if (revisions === 0 || behindSince === undefined) return { revisions, seconds: 0 };
      return { revisions, seconds: (performance.now() - behindSince) / 1000 };
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await working;
      for (const { reject } of waiters.splice(0)) reject(storeClosed());
    },
  };
}

function shareOfTime(isQuiet: boolean, behindMs: number): number {
  if (isQuiet) return QUIET_SHARE;
  return behindMs < OVERDUE_MS ? BUSY_SHARE : OVERDUE_SHARE;
}
