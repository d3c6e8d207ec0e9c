import { Metadata, status, type Channel, type StatusObject } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { withStackOf, type Caller } from './caller-stack.js';
import type { CallOptions } from './call-options.js';
import { withClosedSession } from './closed-session.js';
import { setMetadata, toPlain } from './metadata.js';
import type { Method } from './method.js';
import { retryDelayMs, type RetryPolicy } from './retry.js';
import { RpcError } from './rpc-error.js';
import type { ServerPool } from './server-pool.js';
import { listenToAbort } from './signal.js';

/** A call as grpc-js runs it: below its stubs, which add objects and queues of their own. */
export type WireCall = ReturnType<Channel['createCall']>;

/** What all calls of one client share. */
export interface CallContext {
  readonly servers: ServerPool;
  /** Sent with every call; never changed. */
  readonly metadata: Metadata;
  /** Asked before each attempt. */
  readonly token: (() => string | Promise<string>) | undefined;
  readonly retry: RetryPolicy;
  /** The default of calls whose end depends on the server alone. */
  readonly timeoutMs: number;
  /** How long a call may wait for a connection. */
  readonly connectTimeoutMs: number;
  /** How many request messages of one call may be on their way to the socket. */
  readonly sendWindow: number;
  /** The exchanges under way, for close(). */
  readonly underWay: Set<Exchange>;
}

/** One call of a method, as its caller described it. */
export interface CallPlan {
  readonly context: CallContext;
  readonly method: Method;
  readonly options: CallOptions;
  /** Its `stack` begins at the code that made the call. */
  readonly caller: Caller;
}

/** What timers take; a call that may take longer has no deadline, and grpc-js would throw. */
const LONGEST_MS = 2_147_483_647;

/**
 * One call with all its attempts, whatever its kind. It is grpc-js's listener itself and the
 * signal's too, so that a call costs no closures.
 */
export abstract class Exchange {
  protected call: WireCall | undefined;
  protected ended = false;
  protected readonly plan: CallPlan;
  #metadata: Metadata;
  #deadlineMs = Infinity;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #lastFailure: StatusObject | undefined;

  constructor(plan: CallPlan) {
    const { timeoutMs, signal } = plan.options;
    if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs))) {
      throw new TypeError(`${plan.method.name}: timeoutMs must be a number of milliseconds`);
    }
    if (signal && typeof signal.addEventListener !== 'function') {
      throw new TypeError(`${plan.method.name}: signal must be an AbortSignal`);
    }
    this.plan = plan;
    this.#metadata = metadataOf(plan);
  }

  /** Sends the request of one attempt. */
  protected abstract send(call: WireCall): void;
  /** Gets ready for another attempt; false if there can be none. */
  protected abstract prepareRepeat(): boolean;
  /** The call succeeded. */
  protected abstract completed(): void;
  /** The call failed; told once, and nothing after it. */
  protected abstract failed(error: unknown): void;
  abstract onReceiveMessage(bytes: Buffer): void;

  /** Makes the first attempt. */
  begin(): void {
    const { context, method, options } = this.plan;
    if (options.signal?.aborted === true) {
      this.abandon(this.#aborted());
      return;
    }
    const timeoutMs =
      options.timeoutMs ?? (method.responseStream ? Infinity : this.plan.context.timeoutMs);
    if (timeoutMs <= LONGEST_MS) this.#deadlineMs = Date.now() + timeoutMs;
    if (timeoutMs <= 0) {
      this.abandon(this.error(status.DEADLINE_EXCEEDED, 'the time was over before the call began'));
      return;
    }
    context.underWay.add(this);
    if (options.signal) listenToAbort(options.signal, this);
    this.#attempt();
  }

  /** Ends the call with this error, here at once and on the server by a cancel. */
  abandon(error: unknown): void {
    if (this.ended) return;
    this.#end();
    this.call?.cancelWithStatus(status.CANCELLED, 'cancelled by the client');
    this.call = undefined;
    this.failed(error);
  }

  /** The error of this call, with the stack of its caller. */
  error(code: number, details: string, trailer?: Metadata, cause?: unknown): RpcError {
    const { method, caller } = this.plan;
    const [sentId] = this.#metadata.get('x-request-id');
    const requestId = sentId?.toString();
    const error = new RpcError({ code, details, method: method.path, trailer, cause, requestId });
    return withStackOf(caller, error);
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.abandon(this.#aborted());
  }

  onReceiveMetadata(header: Metadata): void {
    if (!this.ended) this.#tell(this.plan.options.onHeader, header);
  }

  onReceiveStatus(received: StatusObject): void {
    if (this.ended) return;
    this.call = undefined;
    const end = withClosedSession(received);
    if (end.code !== status.OK && this.#repeat(end)) return;
    this.#tell(this.plan.options.onTrailer, end.metadata);
    // The listener may have thrown, which has ended the call.
    if (this.#isOver()) return;
    this.#end();
    if (end.code === status.OK) this.completed();
    else this.failed(this.error(end.code, end.details, end.metadata));
  }

  #attempt(): void {
    this.#attempts += 1;
    const { token } = this.plan.context;
    if (token === undefined) this.#openWhenConnected(this.#metadata);
    else void this.#openWithToken(token);
  }

  async #openWithToken(token: () => string | Promise<string>): Promise<void> {
    // grpc-js watches the deadline only once a call is open.
    this.#after(this.#deadlineMs - Date.now(), () => {
      this.abandon(this.error(status.DEADLINE_EXCEEDED, 'the token did not come in time'));
    });
    const metadata = this.#metadata.clone();
    try {
      const text: unknown = await token();
      if (typeof text !== 'string' || text === '') throw new TypeError('the token is no text');
      setMetadata(metadata, { authorization: `Bearer ${text}` });
    } catch (cause) {
      this.abandon(this.error(status.UNAUTHENTICATED, 'no token could be had', undefined, cause));
    }
    if (this.ended) return;
    clearTimeout(this.#timer);
    this.#openWhenConnected(metadata);
  }

  /**
   * Waits for a connection before it opens the call. grpc-js would wait too, but for one server
   * while another is there already, and for ever where a server is frozen.
   */
  #openWhenConnected(metadata: Metadata): void {
    const { servers, connectTimeoutMs } = this.plan.context;
    if (servers.isSettled()) {
      this.#open(metadata);
      return;
    }
    const leftMs = this.#deadlineMs - Date.now();
    // A frozen server must not have a call wait to its deadline for a second answer.
    const waitMs = this.#lastFailure ? leftMs / 2 : leftMs;
    this.#after(Math.min(connectTimeoutMs, waitMs), () => {
      this.abandon(this.#notConnected(waitMs < connectTimeoutMs));
    });
    this.#unwatch = servers.watch(() => {
      if (!servers.isSettled()) return;
      this.#stopWaiting();
      this.#open(metadata);
    });
  }

  #notConnected(isDeadline: boolean): RpcError {
    const { servers, connectTimeoutMs } = this.plan.context;
    const last = this.#lastFailure;
    if (last) return this.error(last.code, last.details, last.metadata);
    if (isDeadline) return this.error(status.DEADLINE_EXCEEDED, 'no connection in time');
    const where = servers.addresses.join(', ');
    return this.error(
      status.UNAVAILABLE,
      `no connection to ${where} within ${connectTimeoutMs} ms`,
    );
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #open(metadata: Metadata): void {
    const { context, method } = this.plan;
    try {
      this.call = context.servers.openCall(method.path, this.#deadlineMs);
    } catch (cause) {
      this.abandon(this.error(status.CANCELLED, 'the client is closed', undefined, cause));
      return;
    }
    this.call.start(metadata, this);
    this.send(this.call);
  }

  /** Makes another attempt later if that is allowed. */
  #repeat(end: StatusObject): boolean {
    if (this.plan.method.repeat === 'never' || !this.prepareRepeat()) return false;
    const delayMs = retryDelayMs(end, this.#attempts, this.plan.context.retry);
    if (delayMs === undefined || Date.now() + delayMs >= this.#deadlineMs) return false;
    this.#lastFailure = end;
    this.#after(delayMs, () => {
      this.#attempt();
    });
    return true;
  }

  #after(delayMs: number, then: () => void): void {
    if (delayMs <= LONGEST_MS) this.#timer = setTimeout(then, delayMs);
  }

  #tell(listener: CallOptions['onHeader'], metadata: Metadata): void {
    if (listener === undefined) return;
    try {
      listener(toPlain(metadata));
    } catch (error) {
      this.abandon(error);
    }
  }

  #isOver(): boolean {
    return this.ended;
  }

  #end(): void {
    this.ended = true;
    this.#stopWaiting();
    this.plan.context.underWay.delete(this);
    this.plan.options.signal?.removeEventListener('abort', this);
  }

  #aborted(): RpcError {
    const reason: unknown = this.plan.options.signal?.reason;
    return this.error(status.CANCELLED, 'the signal was aborted', undefined, reason);
  }
}

function metadataOf({ context, method, options }: CallPlan): Metadata {
  const keyed = method.repeat === 'with-key' && context.retry.maxAttempts > 1;
  // grpc-js copies what it is given: a call that adds nothing needs no copy of its own.
  if (!keyed && options.metadata === undefined) return context.metadata;
  const metadata = setMetadata(context.metadata.clone(), options.metadata ?? {});
  if (keyed && metadata.get('idempotency-key').length === 0) {
    metadata.set('idempotency-key', randomUUID());
  }
  return metadata;
}
