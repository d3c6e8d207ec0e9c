import type {
  Call,
  CallOutcome,
  CallStatus,
  CallTrace,
  Cancellation,
  EndListener,
  Protocol,
  Written,
} from './call.js';
import type { Headers } from './headers.js';
import { CallEndedError } from './call-ended-error.js';
import type { ActiveCall, CallList } from './call-list.js';
import type { SweptCall } from './call-sweeper.js';
import { Code } from './code.js';
import type { Connection } from './connection.js';
import { IDEMPOTENCY_KEY_HEADER, IdempotencyDigest, type IdempotencyKey } from './idempotency.js';
import type { Method } from './method.js';
import type { Principal } from './principal.js';
import { requestIdOf } from './request-id.js';
import { errorForLog, plainStatus, sendableStatus, statusOf } from './status.js';
import type { TurnQueue } from './turn-queue.js';
import type { Wire } from './wire.js';

/**
 * A client resets its stream when its own clock runs out, a moment before ours does: a cancel this
 * close to the deadline counts as the deadline.
 */
const DEADLINE_SLACK_MS = 20;

/** What an adapter knows about a call when its headers have arrived. */
export interface CallInit {
  /** The full method name that was called. */
  readonly path: string;
  readonly headers: Headers;
  readonly peer: string;
  /** Milliseconds since the epoch; Infinity without a deadline. */
  readonly deadlineMs: number;
  /** Default: `grpc`. */
  readonly protocol?: Protocol;
}

/**
 * One call from its headers to the end of its handler, for all kinds of RPC; each kind is a subclass
 * in a file of its own. It is `open` until its status is decided, then `ended`. It is `settled` once
 * its handler has also returned: until then it counts as active.
 */
export abstract class ServerCall implements SweptCall, Call, Cancellation {
  readonly method: string;
  readonly protocol: Protocol;
  readonly headers: Headers;
  readonly peer: string;
  readonly requestId: string;
  readonly deadlineMs: number;
  principal: Principal | undefined;
  trace: CallTrace | undefined;
  written: Written | undefined;
  received = 0;
  receivedBytes = 0;
  sent = 0;
  /** Set once the status is decided; whatever the handler still does is ignored. */
  ended = false;
  /** Neighbours in the list of active calls. */
  previous: ActiveCall | undefined;
  next: ActiveCall | undefined;
  /** Called when there is room to send again, see Wire.send. */
  drained: (() => void) | undefined;
  /** Whether all responses are there, and it waits until they have left. */
  flushing = false;
  /** About how many bytes of responses its handler has given and the client has not read. */
  unsentBytes = 0;
  sweptProgress = -1;
  progressMs = 0;

  /** Whether a handler runs that will settle the call. */
  protected handling = false;
  protected readonly wire: Wire;
  protected readonly target: Method;
  /** Runs the handlers of calls with a single request, and says when streams may go on. */
  readonly turns: TurnQueue;
  readonly #list: CallList<SweptCall>;
  #headerBytes: number | undefined;
  readonly #startedMs = performance.now();
  readonly #digest: IdempotencyDigest | undefined;
  #endListeners: EndListener[] | undefined;
  #abortListeners: Set<() => void> | undefined;
  #controller: AbortController | undefined;
  #cause: CallEndedError | undefined;
  #settled = false;

  constructor(
    wire: Wire,
    target: Method,
    init: CallInit,
    list: CallList<SweptCall>,
    turns: TurnQueue,
  ) {
    this.wire = wire;
    this.turns = turns;
    this.target = target;
    this.#list = list;
    this.method = init.path;
    this.protocol = init.protocol ?? 'grpc';
    this.headers = init.headers;
    this.peer = init.peer;
    this.requestId = requestIdOf(init.headers);
    this.deadlineMs = init.deadlineMs;
    if (target.isIdempotent && init.headers[IDEMPOTENCY_KEY_HEADER] !== undefined) {
      this.#digest = new IdempotencyDigest(init.path, init.headers);
    }
  }

  /** Starts the handler, or reads what it needs first. Called once all middleware has passed. */
  abstract run(): void;

  /** The adapter has the message that was requested with Wire.read. */
  onMessage(bytes: Buffer): void {
    this.received += 1;
    this.receivedBytes += bytes.length;
    this.#digest?.add(bytes);
    this.takeMessage(bytes);
  }

  /** The client has half-closed; `insideMessage` if it did so before its last message was complete. */
  abstract onHalfClose(insideMessage: boolean): void;

  protected abstract takeMessage(bytes: Buffer): void;

  /**
   * The client is gone, or the adapter has ended the call itself.
   * @param code the status that the adapter has sent, if it has
   */
  onCancel(code?: Code): void {
    if (this.ended) return;
    const late = Date.now() >= this.deadlineMs - DEADLINE_SLACK_MS;
    this.abort(code ?? (late ? Code.DEADLINE_EXCEEDED : Code.CANCELLED));
  }

  /** The client has room again. */
  onDrain(): void {
    this.drained?.();
  }

  get connection(): Connection | undefined {
    return this.wire.connection;
  }

  get isUnary(): boolean {
    return false;
  }

  get waitsForClient(): boolean {
    return this.flushing || this.drained !== undefined || this.awaitsRequests;
  }

  get progress(): number {
    return this.received + this.sent;
  }

  get heldBytes(): number {
    this.#headerBytes ??= headerBytes(this.headers);
    return this.#headerBytes + this.wire.heldBytes + this.unsentBytes + this.keptRequestBytes;
  }

  /** Whether it can only go on when the client sends a request, or half-closes. */
  protected abstract get awaitsRequests(): boolean;

  /** How many bytes of requests it keeps until its end. */
  protected abstract get keptRequestBytes(): number;

  /** How large each request message may be, after decompression. */
  get maxMessageBytes(): number {
    return this.target.maxMessageBytes;
  }

  get pageBytes(): number {
    return this.turns.room.bytes;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cause !== undefined) this.#controller.abort(this.#cause);
    }
    return this.#controller.signal;
  }

  get cancellation(): Cancellation {
    return this;
  }

  get aborted(): boolean {
    return this.#cause !== undefined;
  }

  get reason(): unknown {
    return this.#cause;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#abortListeners ??= new Set();
    this.#abortListeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#abortListeners?.delete(listener);
  }

  get idempotencyKey(): IdempotencyKey | undefined {
    return this.#digest?.finish();
  }

  onEnd(listener: EndListener): void {
    this.#endListeners ??= [];
    this.#endListeners.push(listener);
  }

  /**
   * Decides the status; only the first one counts. Returns the status to send, as the listeners have
   * left it, or undefined if the call had already ended.
   */
  end(ending: CallOutcome): CallStatus | undefined {
    if (this.ended) return undefined;
    this.ended = true;
    if (!this.handling) this.settle();
    return this.#notify(ending);
  }

  #notify(ending: CallOutcome): CallStatus {
    const listeners = this.#endListeners ?? [];
    let last = ending;
    for (let index = listeners.length - 1; index >= 0; index -= 1) {
      try {
        const replaced = listeners[index]?.(last);
        if (replaced !== undefined) last = { error: last.error, ...this.#sendable(replaced) };
      } catch {
        // A log or a metric that fails must not break the call.
      }
    }
    return last;
  }

  #sendable(status: CallStatus): CallOutcome {
    const { requestId, target } = this;
    return sendableStatus(status, { requestId, errorDomain: target.errorDomain });
  }

  /** The status of success. Its trailer lets the client find the call in the server's log. */
  ok(): CallStatus {
    return { code: Code.OK, details: '', trailers: { 'x-request-id': this.requestId } };
  }

  /** Ends the call with its only response, a message or its wire form. */
  respond(response: unknown): void {
    if (this.ended) return;
    let message: Uint8Array;
    try {
      message = this.target.encode(response);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.sent = 1;
    const status = this.end(this.ok());
    if (status?.code === Code.OK) this.wire.respond(message, status);
    else if (status !== undefined) this.wire.end(status);
  }

  /** Ends the call with what its handler threw. */
  fail(error: unknown): void {
    if (this.ended) return;
    const { requestId, target } = this;
    const status = statusOf(error, { requestId, errorDomain: target.errorDomain });
    this.finish({ ...status, error: errorForLog(error) });
  }

  /** Ends the call with a status, after the messages sent so far. */
  finish(ending: CallOutcome): void {
    const status = this.end(ending);
    if (status !== undefined) this.wire.end(status);
  }

  /**
   * Ends the call from outside its handler (cancel, deadline, shutdown) and aborts everything waiting
   * on it. With `details`, the status is sent.
   */
  abort(code: Code, details?: string): void {
    const ending = plainStatus(code, details ?? '', this.requestId);
    const status = this.end(ending);
    if (status === undefined) return;
    // A status would wait behind responses that the client does not read.
    if (this.drained !== undefined && status.code === Code.DEADLINE_EXCEEDED) this.wire.reset();
    else if (details !== undefined) this.wire.end(status);
    this.#cause = new CallEndedError(status.code);
    this.#controller?.abort(this.#cause);
    for (const listener of this.#abortListeners ?? []) listener();
  }

  discard(): void {
    if (this.ended) return;
    this.abort(Code.RESOURCE_EXHAUSTED);
    this.wire.reset();
  }

  /** Calls the listener when the call is aborted; the returned function removes it. */
  onAbort(listener: () => void): () => void {
    this.addEventListener('abort', listener);
    return () => {
      this.removeEventListener('abort', listener);
    };
  }

  /** Throws a CallEndedError if the call was aborted. */
  throwIfAborted(): void {
    if (this.#cause !== undefined) throw this.#cause;
  }

  /** The handler has returned, or never ran: the call is not active any more. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#list.remove(this);
  }
}

function headerBytes(headers: Headers): number {
  let bytes = 0;
  for (const values of Object.values(headers)) {
    for (const value of values ?? []) bytes += value.length;
  }
  return bytes;
}
