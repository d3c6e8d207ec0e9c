import type { Code } from './code.js';

/** What the list needs of a call: its neighbours are fields of the call itself. */
export interface ActiveCall {
  previous: ActiveCall | undefined;
  next: ActiveCall | undefined;
  /** Ends the call from outside its handler, and sends the status. */
  abort(code: Code, details: string): void;
}

/**
 * The active calls of a server: those that have not ended, and those whose handler still runs. The
 * calls are linked to each other, because a Set whose entries come and go promotes each of them to
 * V8's old generation: a call then costs a third more (scripts/bench/README.md).
 */
export class CallList<T extends ActiveCall = ActiveCall> {
  #first: ActiveCall | undefined;
  #size = 0;
  #idleListeners: (() => void)[] = [];

  get size(): number {
    return this.#size;
  }

  add(call: T): void {
    const first = this.#first;
    if (first !== undefined) {
      first.previous = call;
      call.next = first;
    }
    this.#first = call;
    this.#size += 1;
  }

  /** To be called once per call. */
  remove(call: ActiveCall): void {
    const { previous, next } = call;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    // A removed call that still pointed at its neighbours would keep them in memory.
    call.previous = call.next = undefined;
    this.#size -= 1;
    if (this.#size === 0) this.#notifyIdle();
  }

  /** Resolves as soon as no call is active. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#size === 0) resolve();
      else this.#idleListeners.push(resolve);
    });
  }

  /** All calls at this moment, the newest first. */
  toArray(): T[] {
    const calls: T[] = [];
    for (let call = this.#first; call !== undefined; call = call.next) calls.push(call as T);
    return calls;
  }

  /** Ends every call that has not ended with this status; their signals abort. */
  abortAll(code: Code, details: string): void {
    for (const call of this.toArray()) call.abort(code, details);
  }

  #notifyIdle(): void {
    const listeners = this.#idleListeners;
    if (listeners.length === 0) return;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
  }
}
