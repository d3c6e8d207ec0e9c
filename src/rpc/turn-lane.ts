interface Waiting {
  readonly run: () => void;
  readonly sinceMs: number;
}

/**
 * What waits for its turn, by connection. The connections take turns of equal length, so that light
 * calls are not behind as many heavy ones; a connection that had nothing waiting is first.
 */
export class TurnLane {
  readonly #quantumMs: number;
  /** By peer, in the order of their turns. */
  readonly #fresh = new Map<string, Waiting[]>();
  readonly #backlogs = new Map<string, Waiting[]>();

  /** @param quantumMs how long the turn of a connection is; 0 for one entry */
  constructor(quantumMs: number) {
    this.#quantumMs = quantumMs;
  }

  get isEmpty(): boolean {
    return this.#fresh.size === 0 && this.#backlogs.size === 0;
  }

  /** When the oldest entry of a connection was added, as performance.now() counts. */
  oldestMs(peer: string): number | undefined {
    return this.#of(peer)?.[0]?.sinceMs;
  }

  add(peer: string, run: () => void, nowMs: number): void {
    const entry = { run, sinceMs: nowMs };
    const waiting = this.#of(peer);
    if (waiting === undefined) this.#fresh.set(peer, [entry]);
    else waiting.push(entry);
  }

  /** Runs an entry of the connection whose turn it is, and more of one that has waited before. */
  runNext(): void {
    const isFresh = this.#fresh.size > 0;
    const lane = isFresh ? this.#fresh : this.#backlogs;
    const [next] = lane;
    if (next === undefined) return;
    const [peer, waiting] = next;
    const endMs = isFresh ? 0 : performance.now() + this.#quantumMs;
    do {
      waiting.shift()?.run();
    } while (waiting.length > 0 && performance.now() < endMs);
    lane.delete(peer);
    if (waiting.length > 0) this.#backlogs.set(peer, waiting);
  }

  #of(peer: string): Waiting[] | undefined {
    return this.#fresh.get(peer) ?? this.#backlogs.get(peer);
  }
}
