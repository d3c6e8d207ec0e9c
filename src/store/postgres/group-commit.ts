import type { CancelSignal } from '../../directory/store.js';
import { CommitUnknownError, isConnectionError, isTransient } from './errors.js';
import { untilAborted } from './signal.js';
import { DirectoryError } from '../../directory/errors.js';

/** The outcome of one write in a group: its result, or why it alone failed. */
export type Outcome<R> = { readonly result: R } | { readonly error: unknown };

/** Writes that share transactions, and with them the wait for the disk. */
export interface GroupCommit<W, R> {
  /**
   * Does the write in one transaction with all others that are pending. Resolves when the
   * transaction is durable. Rejects with the reason of `signal` when that aborts: without the
   * write, if the transaction has not begun by then.
   */
  write(write: W, signal?: CancelSignal): Promise<R>;
  /** Resolves when no write is pending. */
  idle(): Promise<void>;
}

/** How a kind of write is done. */
export interface GroupOptions<W, R> {
  /** Does the writes in one transaction; the outcomes are in the same order. */
  readonly run: (writes: readonly W[]) => Promise<readonly Outcome<R>[]>;
  /** Whether the write can be done again without harm when its outcome is unknown. */
  readonly isRepeatable: (write: W) => boolean;
  /** The size of a write; a group ends before the sum of its sizes exceeds `maxSize`. */
  readonly sizeOf: (write: W) => number;
  readonly maxSize: number;
}

interface Pending<W, R> {
  readonly write: W;
  readonly signal: CancelSignal | undefined;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Groups writes of one kind. One transaction runs at a time: it holds the row of the counter, so
 * that a second one would only wait for it. Meanwhile further writes gather for the next one.
 */
export function createGroupCommit<W, R>(options: GroupOptions<W, R>): GroupCommit<W, R> {
  const { run, isRepeatable, sizeOf, maxSize } = options;
  let pending: Pending<W, R>[] = [];
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    // Node runs immediates after all input of a turn, when the writes of the turn are pending.
    await new Promise(setImmediate);
    while (pending.length > 0) {
      const group = takeGroup();
      if (group.length > 0) await runGroup(group);
    }
    working = undefined;
  }

  function takeGroup(): Pending<W, R>[] {
    const group: Pending<W, R>[] = [];
    let size = 0;
    let taken = 0;
    for (const entry of pending) {
      size += sizeOf(entry.write);
      if (group.length > 0 && size > maxSize) break;
      taken += 1;
      // Its promise has been rejected by its signal.
      if (entry.signal?.aborted !== true) group.push(entry);
    }
    pending = pending.slice(taken);
    return group;
  }

  async function runGroup(group: readonly Pending<W, R>[]): Promise<void> {
    try {
      const outcomes = await run(group.map(({ write }) => write));
      for (const [index, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome !== undefined && 'result' in outcome) resolve(outcome.result);
        else reject(outcome?.error);
      }
    } catch (error) {
      await recover(group, error);
    }
  }

  async function recover(group: readonly Pending<W, R>[], error: unknown): Promise<void> {
    if (error instanceof CommitUnknownError) {
      const repeatable = group.filter(({ write }) => isRepeatable(write));
      for (const entry of group) if (!repeatable.includes(entry)) entry.reject(error);
      // Their results are found if the transaction was committed.
      for (const entry of repeatable) await runOnceMore(entry);
    } else if (group.length > 1 && isCausedByOneWrite(error)) {
      for (const entry of group) await runGroup([entry]);
    } else {
      for (const { reject } of group) reject(error);
    }
  }

  async function runOnceMore({ write, resolve, reject }: Pending<W, R>): Promise<void> {
    try {
      const [outcome] = await run([write]);
      if (outcome !== undefined && 'result' in outcome) resolve(outcome.result);
      else reject(outcome?.error);
    } catch (error) {
      reject(error);
    }
  }

  return {
    write: (write, signal) => {
      const result = new Promise<R>((resolve, reject) => {
        pending.push({ write, signal, resolve, reject });
      });
      working ??= work();
      return untilAborted(result, signal);
    },
    idle: async () => {
      await working;
    },
  };
}

/** Whether the other writes of the group can succeed without the one that caused the error. */
function isCausedByOneWrite(error: unknown): boolean {
  return !(isConnectionError(error) || isTransient(error) || error instanceof DirectoryError);
}
