import { setImmediate } from 'node:timers';

/** A turn of the event loop with so many reads is followed by one in which they are gathered. */
const BUSY_TURN_READS = 4;

/** More of them at a time cost no less each; and the calls that wait for them must not run long. */
const MAX_GATHERED = 32;

/** Reads by a single key, those of a busy turn together. */
export interface GatheredReads<Key, Found> {
  /** The value of the key, now or at the end of this turn. Throws, or rejects, as `find` throws. */
  read(key: Key): Found | Promise<Found>;
  /** Makes the reads that are pending now. */
  flush(): void;
}

interface PendingRead<Key, Found> {
  readonly key: Key;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers reads for `find`, which returns a value for each key, in order: with 25 calls in a turn, a
 * statement for all of them takes 1.5 us each, and one for each takes 3.6 us. Where calls come one
 * by one, a read is made immediately, because waiting for others would take another turn.
 */
export function gatherReads<Key, Found>(
  find: (keys: readonly Key[]) => readonly Found[],
): GatheredReads<Key, Found> {
  let pending: PendingRead<Key, Found>[] = [];
  let readsOfTurn = 0;
  let isGathering = false;

  function endTurn(): void {
    isGathering = readsOfTurn >= BUSY_TURN_READS;
    readsOfTurn = 0;
    flush();
  }

  function flush(): void {
    if (pending.length === 0) return;
    const reads = pending;
    pending = [];
    try {
      const found = find(reads.map(({ key }) => key));
      for (const [index, { resolve }] of reads.entries()) resolve(found[index] as Found);
    } catch (error) {
      for (const { reject } of reads) reject(error);
    }
  }

  return {
    read: (key) => {
      // Immediates run after all input of a turn.
      if (readsOfTurn === 0) setImmediate(endTurn);
      readsOfTurn += 1;
      if (!isGathering) return find([key])[0] as Found;
      return new Promise((resolve, reject) => {
        pending.push({ key, resolve, reject });
        if (pending.length >= MAX_GATHERED) flush();
      });
    },
    flush,
  };
}
