import { AsyncResource } from 'node:async_hooks';
import { serverStopping } from './errors.js';
import type { CancelSignal, ChangePage, ChangePosition, ChangeStore } from './store.js';
import { wakeInSlices, WakeTimer } from './wake-timer.js';
import { partsOf, stepOf, type WatchFilter, type WatchStep } from './watch-responses.js';

/** People per read. */
export const CHANGES_PER_READ = 256;

/** While there are changes they are read this often: each response has those of 10 ms. */
const READ_INTERVAL_MS = 10;

/** How many responses are kept for watchers who are a little late, each about 64 KiB at most. */
const KEPT_READS = 48;

/** A part of a read of changes, and what was made of it for watchers, by the key of their filter. */
interface Read {
  readonly after: ChangePosition;
  readonly page: ChangePage;
  readonly steps: Map<string, WatchStep>;
}

interface Waiter {
  readonly resolve: (why: 'changes' | 'heartbeat') => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Follows the changes of a store for all watchers of a process: those who have read everything so
 * far share each read and each response. It holds the latest reads only. Whoever is further behind
 * reads from the store.
 */
export class ChangeHub {
  readonly #store: ChangeStore;
  readonly #timer = new WakeTimer();
  #watchers = 0;
  #unsubscribe: (() => void) | undefined;
  #waiting = new Set<Waiter>();
  #reads: Read[] = [];
  /** The end of what was read; undefined until the first read. */
  #head: ChangePosition | undefined;
  #changed = false;
  #reading = false;
  #closed = false;

  constructor(store: ChangeStore) {
    this.#store = store;
  }

  /** How many watch now. */
  get watchers(): number {
    return this.#watchers;
  }

  /** To be called before a watcher reads its first position; `leave` must follow. */
  join(): void {
    this.throwIfClosed();
    this.#watchers += 1;
    if (this.#watchers > 1) return;
    this.#unsubscribe = this.#store.onChange(this.#onChange);
    this.#onChange();
  }

  leave(): void {
    this.#watchers -= 1;
    if (this.#watchers > 0) return;
    this.#unsubscribe?.();
    this.#forget();
  }

  /** The shared step of the watchers at that position; undefined if there is none. */
  stepAfter(position: ChangePosition, filter: WatchFilter): WatchStep | undefined {
    const read = this.#reads.findLast(({ after }) => comparePositions(after, position) === 0);
    if (read === undefined) return undefined;
    let step = read.steps.get(filter.key);
    if (step === undefined) {
      step = stepOf(filter, read.page);
      read.steps.set(filter.key, step);
    }
    return step;
  }

  /** Whether nothing is known to come after that position. */
  isAtHead(position: ChangePosition): boolean {
    return this.#head !== undefined && comparePositions(this.#head, position) <= 0;
  }

  /**
   * Resolves when there may be changes after that position, or when so many seconds have passed.
   * Rejects if reading fails, when the hub is closed, and with the reason of the signal.
   */
  wait(
    position: ChangePosition,
    seconds: number,
    signal: CancelSignal | undefined,
  ): Promise<'changes' | 'heartbeat'> {
    this.throwIfClosed();
    signal?.throwIfAborted();
    if (this.#head !== undefined && !this.isAtHead(position)) return Promise.resolve('changes');
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        waiter.reject(signal?.reason);
      };
      const settle = (): void => {
        this.#waiting.delete(waiter);
        removeTimer();
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        resolve: (why) => {
          settle();
          resolve(why);
        },
        reject: (error) => {
          settle();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(error);
        },
      };
      const removeTimer = this.#timer.add(seconds * 1000, () => {
        waiter.resolve('heartbeat');
      });
      signal?.addEventListener('abort', abort);
      this.#waiting.add(waiter);
    });
  }

  /** Ends all watchers with SERVER_STOPPING. */
  close(): void {
    this.#closed = true;
    void this.#wakeAll(({ reject }) => {
      reject(serverStopping());
    });
  }

  throwIfClosed(): void {
    if (this.#closed) throw serverStopping();
  }

  /** In the async context of the hub: what it reads is not for one call alone. */
  readonly #onChange = AsyncResource.bind((): void => {
    this.#changed = true;
    if (!this.#reading) void this.#readWhileChanged();
  });

  async #readWhileChanged(): Promise<void> {
    this.#reading = true;
    // The writer who has made the change gets its response first.
    await delay(0);
    while (this.#changed && this.#watchers > 0) {
      this.#changed = false;
      const startedMs = performance.now();
      await this.#readAll().catch((error: unknown) => this.#fail(error));
      // With many watchers, half of the time is left for other calls.
      await delay(Math.max(READ_INTERVAL_MS, performance.now() - startedMs));
    }
    this.#reading = false;
  }

  /** Those who were not waiting read from their position themselves, and see the error there. */
  #fail(error: unknown): Promise<void> {
    this.#forget();
    return this.#wakeAll(({ reject }) => {
      reject(error);
    });
  }

  /** Reads to the end. Each read has been responded with before the next one is made. */
  async #readAll(): Promise<void> {
    let done = false;
    while (!done && this.#watchers > 0) {
      const after = this.#head;
      if (after === undefined) {
        this.#head = await this.#store.currentPosition();
        done = true;
      } else {
        const page = await this.#store.readChanges(after, CHANGES_PER_READ);
        this.#keep(after, page);
        this.#head = page.position;
        ({ done } = page);
      }
      await this.#wakeAll(({ resolve }) => {
        resolve('changes');
      });
    }
  }

  #keep(after: ChangePosition, page: ChangePage): void {
    if (comparePositions(after, page.position) === 0) return;
    for (const part of partsOf(page)) {
      this.#reads.push({ after, page: part, steps: new Map() });
      after = part.position;
    }
    this.#reads.splice(0, this.#reads.length - KEPT_READS);
  }

  #wakeAll(wake: (waiter: Waiter) => void): Promise<void> {
    const woken = this.#waiting;
    this.#waiting = new Set();
    return wakeInSlices(woken, wake);
  }

  #forget(): void {
    this.#head = undefined;
    this.#reads = [];
  }
}

function comparePositions(one: ChangePosition, other: ChangePosition): number {
  return one.revision - other.revision || one.id - other.id;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms === 0) setImmediate(resolve);
    else setTimeout(resolve, ms);
  });
}
