import type { ActiveCall, CallList } from './call-list.js';
import { Code } from './code.js';

/** The longest delay of a timer in Node: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What the watch needs of a call. */
export interface CallWithDeadline extends ActiveCall {
  readonly ended: boolean;
  /** Milliseconds since the epoch; Infinity without a deadline. */
  readonly deadlineMs: number;
}

/**
 * Ends calls at their deadlines. One timer serves all of them, set for the earliest deadline: most
 * clients give each call the same time, so that a call hardly ever has to set it.
 */
export class DeadlineWatch {
  readonly #calls: CallList<CallWithDeadline>;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Infinity;

  /** @param calls the active calls */
  constructor(calls: CallList<CallWithDeadline>) {
    this.#calls = calls;
  }

  /** A call was added to the list. */
  start({ deadlineMs }: CallWithDeadline): void {
    if (deadlineMs < this.#timerMs) this.#setTimer(deadlineMs);
  }

  #setTimer(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timerMs = atMs;
    if (atMs === Infinity) return;
    const delayMs = Math.min(Math.max(atMs - Date.now(), 0), MAX_TIMER_MS);
    this.#timer = setTimeout(this.#endLate, delayMs).unref();
  }

  readonly #endLate = (): void => {
    const nowMs = Date.now();
    let nextMs = Infinity;
    for (const call of this.#calls.toArray()) {
      if (call.ended) continue;
      if (call.deadlineMs <= nowMs) call.abort(Code.DEADLINE_EXCEEDED, 'the deadline has passed');
      else nextMs = Math.min(nextMs, call.deadlineMs);
    }
    this.#setTimer(nextMs);
  };
}
