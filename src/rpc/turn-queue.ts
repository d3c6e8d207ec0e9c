import { afterPromises } from './after-promises.js';
import { StreamRoom } from './stream-room.js';
import { TurnLane } from './turn-lane.js';

/** In a turn of the event loop that has lasted this long, what arrives waits for the next one. */
const YOUNG_MS = 10;

/** How long calls that wait run in a turn, and streams; then it reads and sends again. */
const SLICE_MS = 5;

/** How long the calls of one connection run before those of the next one. */
const QUANTUM_MS = 1;

/** What takes turns: by the connection it came over, the client's address and port. */
export interface QueuedStream {
  readonly peer: string;
}

/** What waits for its turn. */
export interface QueuedCall extends QueuedStream {
  /** Runs its handler, until that waits for something. */
  runInTurn(): void;
}

/**
 * Runs the handlers of calls with a single request, and says when streams may go on. One turn of the
 * event loop may bring a thousand such calls: after 10 ms the others wait, and are then taken from
 * all connections in turn, in slices of 5 ms. A connection that sends little is not behind one that
 * sends much, and calls are not behind streams, which have slices of their own.
 */
export class TurnQueue {
  /** How much room the streams have that take turns. */
  readonly room = new StreamRoom();
  readonly #maxWaitMs: number;
  readonly #calls = new TurnLane(QUANTUM_MS);
  readonly #streams = new TurnLane(0);
  /** The stream that goes on, until all that its promises lead to is done. */
  #running: QueuedStream | undefined;
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
    if (this.#calls.isEmpty && nowMs - this.#turnStartMs < YOUNG_MS) {
      call.runInTurn();
      return;
    }
    const run = (): void => {
      call.runInTurn();
    };
    this.#calls.add(call.peer, run, nowMs);
  }

  /**
   * To be called before each part of a stream: a page that is read, or requests that are decoded.
   * Undefined if it may go on now; otherwise a promise of its turn. What a connection has brought may
   * wake a hundred streams before the first of them does anything: that one goes on, the others wait.
   */
  nextPart(stream: QueuedStream): Promise<void> | undefined {
    const nowMs = performance.now();
    this.#beginTurn(nowMs);
    const isYoung = nowMs - this.#turnStartMs < YOUNG_MS;
    if (isYoung && this.#streams.isEmpty && this.#running === undefined) {
      this.#running = stream;
      afterPromises(this.#endPart);
    }
    if (isYoung && this.#streams.isEmpty && this.#running === stream) return undefined;
    return new Promise((resolve) => {
      const run = (): void => {
        this.#running = stream;
        resolve();
      };
      this.#streams.add(stream.peer, run, nowMs);
    });
  }

  /**
   * Whether a call that arrives now would wait too long: this turn has lasted for that long already,
   * or an earlier call of the same connection still waits. The former is not for connections that
   * bring little: they are not why it lasts.
   */
  isOverloaded(peer: string, bringsLittle = false): boolean {
    if (!this.#inTurn) return false;
    const nowMs = performance.now();
    if (!bringsLittle && nowMs - this.#turnStartMs > this.#maxWaitMs) return true;
    const oldestMs = this.#calls.oldestMs(peer);
    return oldestMs !== undefined && nowMs - oldestMs > this.#maxWaitMs;
  }

  #beginTurn(nowMs: number): void {
    if (this.#inTurn) return;
    this.#inTurn = true;
    this.#turnStartMs = nowMs;
    setImmediate(this.#endTurn);
  }

  readonly #endPart = (): void => {
    this.#running = undefined;
  };

  readonly #endTurn = (): void => {
    this.#inTurn = false;
    if (this.#calls.isEmpty && this.#streams.isEmpty) return;
    this.#beginTurn(performance.now());
    this.#runSlice(this.#calls, () => {
      this.#runSlice(this.#streams, () => undefined);
    });
  };

  /** Takes from a lane for 5 ms, and at least once; what the promises lead to counts, too. */
  #runSlice(lane: TurnLane, done: () => void): void {
    const isOver = startSlice();
    const runNext = (): void => {
      this.#running = undefined;
      if (lane.isEmpty || isOver()) {
        done();
        return;
      }
      lane.runNext();
      afterPromises(runNext);
    };
    runNext();
  }
}

/**
 * Returns whether 5 ms are over, by the clock and by the time that the process has had: on a busy
 * machine it may have had next to nothing of them.
 */
function startSlice(): () => boolean {
  const endMs = performance.now() + SLICE_MS;
  const start = process.cpuUsage();
  return () => {
    if (performance.now() < endMs) return false;
    const { user, system } = process.cpuUsage(start);
    return user + system >= SLICE_MS * 1000;
  };
}
