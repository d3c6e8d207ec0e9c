import type { Limits } from '../limits.js';
import type { ActiveCall, CallList } from './call-list.js';
import { Code } from './code.js';

/** How often the calls are looked at: no timer per call, and nothing to count per message. */
const SWEEP_MS = 250;

/** Calls are ended until this share of the limit is left, so that not every sweep ends one. */
const KEPT_SHARE = 0.75;

/** After this share of the limit more is held, the calls are looked at without waiting. */
const SWEPT_SHARE = 0.125;

/** Ending a call that holds less gives nothing back. */
const LEAST_HELD_BYTES = 4096;

/** Why the sweeper ends a call. */
export type ShedReason = 'unary_deadline' | 'stream_idle' | 'held_bytes';

/** What the sweeper needs of a call. */
export interface SweptCall extends ActiveCall {
  readonly ended: boolean;
  readonly elapsedMs: number;
  /** Milliseconds since the epoch; Infinity without a deadline. */
  readonly deadlineMs: number;
  /** Whether it has one request and one response. */
  readonly isUnary: boolean;
  /** Whether it can only go on when its client sends or reads something. */
  readonly waitsForClient: boolean;
  /** Grows with each message, in either direction. */
  readonly progress: number;
  /** `progress` at the last sweep, and when it had changed, as performance.now() counts. */
  sweptProgress: number;
  progressMs: number;
  /** About how many bytes the server holds for it: headers, unread requests, unsent responses. */
  readonly heldBytes: number;
  /** Ends the call, drops what is unsent and unread, and resets its stream. */
  discard(): void;
}

/**
 * Ends calls that would go on for ever: unary calls without a deadline, calls that wait for their
 * client, and those that hold too much together. It runs while there are calls.
 */
export class CallSweeper {
  readonly #calls: CallList<SweptCall>;
  readonly #limits: Limits;
  readonly #onShed: (reason: ShedReason) => void;
  #timer: NodeJS.Timeout | undefined;
  /** What was held more since the last sweep. */
  #heldMore = 0;
  #isSweepDue = false;

  constructor(
    calls: CallList<SweptCall>,
    limits: Limits,
    onShed: (reason: ShedReason) => void = () => undefined,
  ) {
    this.#calls = calls;
    this.#limits = limits;
    this.#onShed = onShed;
  }

  /** A call was added to the list. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#sweep();
    }, SWEEP_MS);
    this.#timer.unref();
  }

  /** A call holds so many bytes more: in 250 ms, a client on the same machine can send 200 MB. */
  holdMore(bytes: number): void {
    this.#heldMore += bytes;
    if (this.#isSweepDue || this.#heldMore <= this.#limits.heldBytes * SWEPT_SHARE) return;
    this.#isSweepDue = true;
    // Not while Node passes on what it has read.
    setImmediate(() => {
      this.#sweep();
    });
  }

  #sweep(): void {
    this.#heldMore = 0;
    this.#isSweepDue = false;
    if (this.#calls.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const nowMs = performance.now();
    let heldBytes = 0;
    const calls = this.#calls.toArray();
    for (const call of calls) {
      if (this.#endLate(call, nowMs)) continue;
      heldBytes += call.heldBytes;
    }
    if (heldBytes > this.#limits.heldBytes) this.#discard(calls, heldBytes);
  }

  /** Ends a call that has exceeded its time; returns whether it did. */
  #endLate(call: SweptCall, nowMs: number): boolean {
    const { unaryDeadlineMs, streamIdleMs } = this.#limits;
    if (call.isUnary && call.deadlineMs === Infinity && call.elapsedMs > unaryDeadlineMs) {
      if (!call.ended) this.#onShed('unary_deadline');
      call.abort(Code.DEADLINE_EXCEEDED, `the call had no deadline and took ${unaryDeadlineMs} ms`);
      return true;
    }
    if (call.progress !== call.sweptProgress || !call.waitsForClient) {
      call.sweptProgress = call.progress;
      call.progressMs = nowMs;
    }
    if (nowMs - call.progressMs <= streamIdleMs) return false;
    if (!call.ended) this.#onShed('stream_idle');
    call.discard();
    return true;
  }

  /** Ends those first whose clients have sent and read nothing for longest. */
  #discard(calls: SweptCall[], heldBytes: number): void {
    let left = heldBytes;
    calls.sort((one, other) => one.progressMs - other.progressMs);
    for (const call of calls) {
      if (left <= this.#limits.heldBytes * KEPT_SHARE) return;
      const held = call.ended ? 0 : call.heldBytes;
      if (held < LEAST_HELD_BYTES) continue;
      left -= held;
      this.#onShed('held_bytes');
      call.discard();
    }
  }
}
