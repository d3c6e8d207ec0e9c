/** How long handlers run before the event loop gets its turn: reading, sending, other calls. */
const SLICE_MS = 10;

/** What waits for its turn. */
export interface QueuedCall {
  /** The connection it came over, as the client's address and port. */
  readonly peer: string;
  /** Runs its handler, until that waits for something. */
  runInTurn(): void;
}

interface Waiting {
  readonly call: QueuedCall;
  readonly sinceMs: number;
}

/**
 * Runs the handlers of calls with a single request. One turn of the event loop may bring a thousand
 * such calls: after 10 ms the others wait, and are then taken from all connections in turn, in slices
 * of 10 ms. A connection that sends little is not behind one that sends much.
 */
export class TurnQueue {
  readonly #maxWaitMs: number;
  readonly #waiting = new Map<string, Waiting[]>();
  #inTurn = false;
  #turnStartMs = 0;

  /** @param maxWaitMs how long calls may wait before new ones are refused */
  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs;
  }

  /** Runs a call now or in a later turn. */
  run(call: QueuedCall): void {
    const nowMs = performance.now();
    this.#beginTurn(nowMs);
    if (this.#waiting.size === 0 && nowMs - this.#turnStartMs < SLICE_MS) {
      call.runInTurn();
      return;
    }
    const ofPeer = this.#waiting.get(call.peer);
    const entry = { call, sinceMs: nowMs };
    if (ofPeer === undefined) this.#waiting.set(call.peer, [entry]);
    else ofPeer.push(entry);
  }

  /**
   * Whether a call that arrives now would wait too long: this turn has lasted for that long already,
   * or an earlier call of the same connection still waits.
   */
  isOverloaded(peer: string): boolean {
    if (!this.#inTurn) return false;
    const nowMs = performance.now();
    if (nowMs - this.#turnStartMs > this.#maxWaitMs) return true;
    const oldest = this.#waiting.get(peer)?.[0];
    return oldest !== undefined && nowMs - oldest.sinceMs > this.#maxWaitMs;
  }

  #beginTurn(nowMs: number): void {
    if (this.#inTurn) return;
    this.#inTurn = true;
    this.#turnStartMs = nowMs;
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#inTurn = false;
    if (this.#waiting.size === 0) return;
    const startMs = performance.now();
    this.#beginTurn(startMs);
    while (this.#waiting.size > 0 && performance.now() - startMs < SLICE_MS) this.#runOneOfEach();
  };

  /** One call of each connection; a Map is in the order of insertion. */
  #runOneOfEach(): void {
    for (const [peer, waiting] of this.#waiting) {
      const next = waiting.shift();
      if (waiting.length === 0) this.#waiting.delete(peer);
      next?.call.runInTurn();
    }
  }
}
