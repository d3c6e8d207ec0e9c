import { status, type Deadline, type Metadata } from '@grpc/grpc-js';
import type { Call, EndedCall } from './call.js';
import { requestIdOf } from './request-id.js';

/**
 * A client resets its stream when its own clock runs out, a moment before ours does: a cancel this
 * close to the deadline is the deadline.
 */
const deadlineSlackMs = 20;

/** Why waiting for more of a call is in vain: the reason of its signal, thrown by its requests. */
export class CallOver extends Error {
  override readonly name = 'CallOver';

  /** @param code the gRPC status that the call ended with */
  constructor(readonly code: status) {
    super(`the call is over: ${status[code]}`);
  }
}

/** What is told about calls. */
export interface CallWatcher {
  ended(call: OpenCall): void;
  settled(call: OpenCall): void;
}

/** What grpc-js tells about a call of any kind. */
export interface SurfaceCall {
  readonly metadata: Metadata;
  getPath(): string;
  getPeer(): string;
  getDeadline(): Deadline;
  once(event: 'cancelled', listener: () => void): unknown;
}

/** Begins the account of a call that has received so many messages already. */
export type Open = (call: SurfaceCall, received: number) => OpenCall;

/** One call from its start to its end, as handlers, adapters and the log see it. */
export class OpenCall implements Call, EndedCall {
  readonly method: string;
  readonly metadata: Metadata;
  readonly peer: string;
  readonly requestId: string;
  readonly deadlineMs: number;
  code: status = status.OK;
  durationMs = 0;
  received: number;
  sent = 0;
  error: unknown = undefined;
  /** Whether the call has ended; what the handler still does is for nobody. */
  over = false;
  /** How to send a status that the handler did not choose. */
  sendStatus: ((code: status, details: string) => void) | undefined;

  /** Cleared when the call ends. */
  timer: NodeJS.Timeout | undefined;

  private readonly startedMs = performance.now();
  private readonly watcher: CallWatcher;
  private controller: AbortController | undefined;
  private cause: CallOver | undefined;
  private listeners: Set<() => void> | undefined;

  constructor(call: SurfaceCall, received: number, watcher: CallWatcher) {
    this.method = call.getPath();
    this.metadata = call.metadata;
    // Asked for now: when the connection is lost, so is the address.
    this.peer = call.getPeer();
    this.requestId = requestIdOf(call.metadata);
    this.deadlineMs = Number(call.getDeadline());
    this.received = received;
    this.watcher = watcher;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.cause !== undefined) this.controller.abort(this.cause);
    }
    return this.controller.signal;
  }

  /** Ends the call as its handler wanted; only the first end counts, as the result says. */
  end(code: status, error?: unknown): boolean {
    if (this.over) return false;
    this.over = true;
    this.code = code;
    this.error = error;
    clearTimeout(this.timer);
    this.durationMs = performance.now() - this.startedMs;
    this.watcher.ended(this);
    return true;
  }

  /** Ends the call against its handler, and tells everyone who waits for it. */
  abort(code: status): void {
    if (!this.end(code)) return;
    this.cause = new CallOver(code);
    this.controller?.abort(this.cause);
    for (const listener of this.listeners ?? []) listener();
  }

  /** For the `cancelled` event of grpc-js, which also comes after a deadline and a lost connection. */
  cancelled(): void {
    if (this.over) return;
    const late = Date.now() >= this.deadlineMs - deadlineSlackMs;
    this.abort(late ? status.DEADLINE_EXCEEDED : status.CANCELLED);
  }

  /** Calls the listener when the call is aborted; the result removes it. */
  onAbort(listener: () => void): () => void {
    this.listeners ??= new Set();
    const { listeners } = this;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Throws if the call was aborted. */
  throwIfAborted(): void {
    if (this.cause !== undefined) throw this.cause;
  }

  /** To be called once the handler has come to its end, too. */
  settle(): void {
    this.watcher.settled(this);
  }
}
