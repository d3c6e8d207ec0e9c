/** Other calls get their turn after so many wakes. */
const WAKES_PER_SLICE = 100;

/** Waiters that are due within the same tick are woken together. */
const TICK_MS = 100;

/** Wakes many waiters in order, a slice per turn of the event loop; resolves after the last. */
export async function wakeInSlices<T>(
  waiters: Iterable<T>,
  wake: (waiter: T) => void,
): Promise<void> {
  let woken = 0;
  for (const waiter of waiters) {
    if (woken > 0 && woken % WAKES_PER_SLICE === 0) await nextTurn();
    wake(waiter);
    woken += 1;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Wakes waiters after a delay, with one timer for all of them, however many there are. They are
 * woken up to 100 ms late, later under load, and never early.
 */
export class WakeTimer {
  /** Whom to wake, by the tick in which they are due. */
  readonly #due = new Map<number, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  #armedTick = Infinity;

  /** Calls `wake` once, after that many milliseconds; the returned function prevents it. */
  add(delayMs: number, wake: () => void): () => void {
    const tick = Math.ceil((performance.now() + delayMs) / TICK_MS);
    const wakes = this.#due.get(tick) ?? new Set();
    this.#due.set(tick, wakes.add(wake));
    if (tick < this.#armedTick) this.#arm(tick);
    return () => {
      wakes.delete(wake);
      if (wakes.size > 0 || this.#due.get(tick) !== wakes) return;
      this.#due.delete(tick);
      if (this.#due.size === 0) this.#arm(Infinity);
    };
  }

  /** Sets the timer to that tick, or off. */
  #arm(tick: number): void {
    clearTimeout(this.#timer);
    this.#armedTick = tick;
    if (tick === Infinity) return;
    // A timer of Node may fire a millisecond early.
    this.#timer = setTimeout(this.#fire, tick * TICK_MS - performance.now() + 1);
  }

  readonly #fire = (): void => {
    const now = performance.now() / TICK_MS;
    const due = [...this.#due].filter(([tick]) => tick <= now);
    for (const [tick, wakes] of due) {
      this.#due.delete(tick);
      void wakeInSlices(wakes, (wake) => {
        wake();
      });
    }
    this.#arm(Math.min(...this.#due.keys()));
  };
}
