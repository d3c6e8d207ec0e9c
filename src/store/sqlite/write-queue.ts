import { setImmediate } from 'node:timers';
import type { CancelSignal, IdempotencyKey } from '../../directory/store.js';
import type { CommittedGroup } from './writer.js';
import type { WriterClient } from './writer-client.js';
import type { Write, WriteName, Writes } from './writes.js';

/** After a group of that size, the next one is gathered for longer than a turn of the event loop. */
const BUSY_GROUP_WRITES = 8;

/** A group that has so many writes, or waits for so long, is sent although more come. */
const MAX_GATHERED_WRITES = 64;
const MAX_GATHERING_MS = 2;

/** People in wire form that share a transaction; more of them have one of their own. */
const MAX_GROUP_BYTES = 512 * 1024;

/** How a write is made. */
export interface QueueOptions {
  readonly signal?: CancelSignal | undefined;
  readonly idempotencyKey?: IdempotencyKey | undefined;
}

/** Writes that share transactions, and with them the wait for the disk. */
export interface WriteQueue {
  /**
   * Makes a write in one transaction with all others of the same turn of the event loop, and under
   * load with those of the next 2 ms, unless they are large; those that come while a transaction is
   * under way share the next one. Resolves with the result when the transaction is durable. Rejects
   * with the reason of `signal`, without the write, if that is aborted before the group is sent to
   * the writer.
   */
  write<Name extends WriteName>(
    name: Name,
    argument: Write<Name>['argument'],
    options?: QueueOptions,
  ): Promise<ReturnType<Writes[Name]>>;
  /** Sends pending writes now instead of at the end of this turn; resolves when all have settled. */
  flush(): Promise<void>;
}

interface PendingWrite {
  readonly write: Write;
  readonly signal: CancelSignal | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Creates the queue of a writer. `onCommit` runs before the writes of a group resolve. */
export function createWriteQueue(
  writer: WriterClient,
  now: () => Date,
  onCommit: (group: CommittedGroup) => void,
): WriteQueue {
  let pending: PendingWrite[] = [];
  let sending: Promise<void> | undefined;
  let lastGroupWrites = 0;
  let gatheringSinceMs = 0;
  let gatheredWrites = 0;

  /** A commit costs 0.5 ms of CPU besides its writes, so under load it waits until no more come. */
  function gather(): void {
    gatheringSinceMs = performance.now();
    gatheredWrites = 0;
    // Immediates run after all input of a turn, when the writes of the turn are pending.
    setImmediate(endTurn);
  }

  function endTurn(): void {
    if (sending !== undefined) return;
    const isComplete =
      lastGroupWrites < BUSY_GROUP_WRITES ||
      pending.length === gatheredWrites ||
      pending.length >= MAX_GATHERED_WRITES ||
      performance.now() - gatheringSinceMs >= MAX_GATHERING_MS;
    gatheredWrites = pending.length;
    if (isComplete) send();
    else setImmediate(endTurn);
  }

  function send(): void {
    if (sending !== undefined) return;
    const group = nextGroup();
    if (group.length === 0) return;
    lastGroupWrites = group.length;
    sending = commit(group).finally(() => {
      sending = undefined;
      if (pending.length > 0) gather();
    });
  }

  function nextGroup(): PendingWrite[] {
    const wanted = pending.filter(isWanted);
    let bytes = 0;
    const end = wanted.findIndex(({ write }) => (bytes += sizeOf(write)) > MAX_GROUP_BYTES);
    pending = end < 0 ? [] : wanted.splice(Math.max(1, end));
    return wanted;
  }

  async function commit(group: readonly PendingWrite[]): Promise<void> {
    try {
      const writes = group.map(({ write }) => write);
      const committed = await writer.call('commit', { atMs: now().getTime(), writes });
      onCommit(committed);
      for (const [index, outcome] of committed.outcomes.entries()) {
        if ('error' in outcome) group[index]?.reject(outcome.error);
        else group[index]?.resolve(outcome.result as never);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  return {
    write: (name, argument, { signal, idempotencyKey } = {}) =>
      new Promise((resolve, reject) => {
        if (pending.length === 0 && sending === undefined) gather();
        pending.push({ write: { name, argument, idempotencyKey }, signal, resolve, reject });
      }),
    flush: async () => {
      send();
      while (sending !== undefined) {
        await sending;
        send();
      }
    },
  };
}

/** How many bytes of people it has. */
function sizeOf({ argument }: Write): number {
  if (argument instanceof Uint8Array) return argument.length;
  return typeof argument === 'object' && 'people' in argument ? argument.people.length : 0;
}

/** Rejects a write whose signal is aborted. */
function isWanted({ signal, reject }: PendingWrite): boolean {
  if (signal?.aborted !== true) return true;
  reject(signal.reason);
  return false;
}
