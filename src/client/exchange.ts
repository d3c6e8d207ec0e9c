import { status, type Metadata, type StatusObject } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { noConnectionText } from './advice.js';
import { checkCallOptions, NO_OPTIONS, type CallOptions } from './call-options.js';
import type { CallPlan, PendingCall } from './call-plan.js';
import { withStackOf } from './caller-stack.js';
import { withClosedSession } from './closed-session.js';
import { CallHooks, runMiddleware, type CallKind, type ClientMiddleware } from './middleware.js';
import { setMetadata, toPlain } from './metadata.js';
import { retryDelayMs } from './retry.js';
import { codeNameOf, RpcError } from './rpc-error.js';
import { clientTracing } from '../tracing/client-spans.js';
import { abortCodeOf, listenToAbort } from './signal.js';
import { LONGEST_TIMER_MS, startTimer } from './timer.js';
import type { WireCall } from './wire-call.js';

/**
 * One call with all its attempts, of any kind. The object itself is the listener of grpc-js and of
 * the signal, so that a call allocates no closures for them.
 */
export abstract class Exchange implements PendingCall {
  protected call: WireCall | undefined;
  protected ended = false;
  protected readonly plan: CallPlan;
  #metadata: Metadata;
  #deadlineMs = Infinity;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #lastFailure: StatusObject | undefined;
  /** Undefined for a call without middleware and traces, as most are. */
  #hooks: CallHooks | undefined;

  constructor(plan: CallPlan) {
    // Without options there is nothing to check, and most calls have none.
    if (plan.options !== NO_OPTIONS) checkCallOptions(plan.method.name, plan.options);
    this.plan = plan;
    this.#metadata = metadataOf(plan);
  }

  /** Sends the request of one attempt. */
  protected abstract send(call: WireCall): void;
  /** Gets ready for another attempt; returns false if the request cannot be sent again. */
  protected abstract prepareRetry(): boolean;
  /** The call succeeded. */
  protected abstract completed(): void;
  /** The call failed; called at most once, and last. */
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
    // For a longer time, grpc-js would throw.
    if (timeoutMs <= LONGEST_TIMER_MS) this.#deadlineMs = Date.now() + timeoutMs;
    if (timeoutMs <= 0) {
      this.abandon(
        this.error(status.DEADLINE_EXCEEDED, 'the timeout had passed before the call began'),
      );
      return;
    }
    context.pending.add(this);
    if (options.signal) listenToAbort(options.signal, this);
    const tracing = clientTracing();
    if (tracing === undefined && context.middleware === undefined) {
      this.#attempt();
    } else {
      this.#runMiddleware(
        [...(tracing ? [tracing] : []), ...(context.middleware ?? [])],
        timeoutMs,
      );
    }
  }

  #runMiddleware(middleware: readonly ClientMiddleware[], timeoutMs: number): void {
    const { method, options, context } = this.plan;
    const startMs = Date.now();
    const hooks = new CallHooks({
      ...{ method: method.path, kind: kindOf(method), signal: options.signal, timeoutMs },
      ...{ maxAttempts: context.retry.maxAttempts, metadata: this.#metadata },
    });
    this.#hooks = hooks;
    // grpc-js enforces the deadline only once a call is open.
    this.#after(timeoutMs, () => {
      this.abandon(this.error(status.DEADLINE_EXCEEDED, 'the middleware did not continue in time'));
    });
    const start = (): void => {
      if (this.ended) return;
      clearTimeout(this.#timer);
      this.#metadata = hooks.metadata.value;
      const { timeoutMs: chosenMs } = hooks;
      if (chosenMs !== timeoutMs) {
        this.#deadlineMs = chosenMs <= LONGEST_TIMER_MS ? startMs + chosenMs : Infinity;
      }
      this.#attempt();
    };
    runMiddleware(middleware, hooks, start, (error) => {
      this.abandon(error);
    });
  }

  /** Ends the call with this error, and cancels it on the server. Does nothing after its end. */
  abandon(error: unknown): void {
    if (this.ended) return;
    this.#end();
    this.call?.cancelWithStatus(status.CANCELLED, 'cancelled by the client');
    this.call = undefined;
    this.failed(this.#hooks === undefined ? error : this.#reportFailure(this.#hooks, error));
  }

  #reportFailure(hooks: CallHooks, error: unknown): unknown {
    const code = error instanceof RpcError ? error.code : status.UNKNOWN;
    const outcome = { code, codeName: codeNameOf(code), attempts: this.#attempts, error };
    hooks.attemptEnded({ ...outcome, details: error instanceof RpcError ? error.details : '' });
    return hooks.ended(outcome, undefined);
  }

  /** The server has ended the call; returns the error for the caller. */
  #reportEnd(hooks: CallHooks, { code, metadata }: StatusObject, error: unknown): unknown {
    const outcome = { code, codeName: codeNameOf(code), attempts: this.#attempts, error };
    return hooks.ended(outcome, metadata);
  }

  /** Makes an error of this call, with the stack of its caller. */
  error(code: number, details: string, trailer?: Metadata, cause?: unknown): RpcError {
    const { method, caller } = this.plan;
    const [sentId] = this.#metadata.get('x-request-id');
    const requestId = sentId?.toString();
    const error = new RpcError({ code, details, method: method.path, trailer, cause, requestId });
    return withStackOf(caller, error);
  }

  /** Called by the signal when it is aborted. */
  handleEvent(): void {
    this.abandon(this.#aborted());
  }

  onReceiveMetadata(header: Metadata): void {
    if (!this.ended) this.#notify(this.plan.options.onHeader, header);
  }

  onReceiveStatus(received: StatusObject): void {
    if (this.ended) return;
    this.call = undefined;
    const end = withClosedSession(received);
    this.#hooks?.attemptEnded({ ...end, codeName: codeNameOf(end.code) });
    if (end.code !== status.OK && this.#retry(end)) return;
    this.#notify(this.plan.options.onTrailer, end.metadata);
    // If the listener threw, its error has ended the call.
    if (this.#isOver()) return;
    this.#end();
    let error;
    if (end.code !== status.OK) error = this.error(end.code, end.details, end.metadata);
    if (this.#hooks !== undefined) error = this.#reportEnd(this.#hooks, end, error);
    if (end.code === status.OK) this.completed();
    else this.failed(error);
  }

  #attempt(): void {
    this.#attempts += 1;
    const { token } = this.plan.context;
    if (token === undefined) this.#openWhenConnected(this.#metadata);
    else void this.#openWithToken(token);
  }

  async #openWithToken(token: () => string | Promise<string>): Promise<void> {
    // grpc-js enforces the deadline only once a call is open.
    this.#after(this.#deadlineMs - Date.now(), () => {
      this.abandon(
        this.error(status.DEADLINE_EXCEEDED, 'the token function did not return in time'),
      );
    });
    const metadata = this.#metadata.clone();
    try {
      const text: unknown = await token();
      if (typeof text !== 'string' || text === '') {
        throw new TypeError('the token function must return a non-empty string');
      }
      setMetadata(metadata, { authorization: `Bearer ${text}` });
    } catch (cause) {
      this.abandon(
        this.error(status.UNAUTHENTICATED, 'the token function failed', undefined, cause),
      );
    }
    if (this.ended) return;
    clearTimeout(this.#timer);
    this.#openWhenConnected(metadata);
  }

  /**
   * Waits for a connection before opening the call. grpc-js would wait too, but for one server while
   * another is already connected, and without a limit where a server is frozen.
   */
  #openWhenConnected(metadata: Metadata): void {
    const { servers, connectTimeoutMs } = this.plan.context;
    const limitMs = servers.waitMs(connectTimeoutMs);
    if (limitMs === 0) {
      this.#open(metadata);
      return;
    }
    const leftMs = this.#deadlineMs - Date.now();
    // After a failure half of the time must do: a frozen server would use up all of it.
    const waitMs = this.#lastFailure ? leftMs / 2 : leftMs;
    const openIfSettled = (): boolean => {
      if (servers.waitMs(connectTimeoutMs) > 0) return false;
      this.#stopWaiting();
      this.#open(metadata);
      return true;
    };
    this.#after(Math.min(limitMs, waitMs), () => {
      if (!openIfSettled()) this.abandon(this.#notConnected(waitMs < limitMs));
    });
    this.#unwatch = servers.watch(openIfSettled);
  }

  #notConnected(isDeadline: boolean): RpcError {
    const { servers, connectTimeoutMs } = this.plan.context;
    const last = this.#lastFailure;
    if (last) return this.error(last.code, last.details, last.metadata);
    if (isDeadline) {
      return this.error(status.DEADLINE_EXCEEDED, 'no connection before the deadline');
    }
    return this.error(status.UNAVAILABLE, noConnectionText(servers.addresses, connectTimeoutMs));
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #open(metadata: Metadata): void {
    const { context, method } = this.plan;
    if (this.#hooks !== undefined) {
      try {
        metadata = this.#hooks.attempt(this.#attempts, metadata);
      } catch (error) {
        this.abandon(error);
        return;
      }
    }
    try {
      this.call = context.servers.openCall(method.path, this.#deadlineMs);
    } catch (cause) {
      this.abandon(this.error(status.CANCELLED, 'the client has been closed', undefined, cause));
      return;
    }
    this.call.start(metadata, this);
    this.send(this.call);
  }

  /** Schedules another attempt and returns true, or returns false if there must be none. */
  #retry(end: StatusObject): boolean {
    if (this.plan.method.retrySafety === 'never' || !this.prepareRetry()) return false;
    const { retry } = this.plan.context;
    const policy =
      this.#hooks === undefined ? retry : { ...retry, maxAttempts: this.#hooks.maxAttempts };
    const delayMs = retryDelayMs(end, this.#attempts, policy);
    if (delayMs === undefined || Date.now() + delayMs >= this.#deadlineMs) return false;
    this.#lastFailure = end;
    this.#after(delayMs, () => {
      this.#attempt();
    });
    return true;
  }

  #after(delayMs: number, then: () => void): void {
    this.#timer = startTimer(delayMs, then);
  }

  #notify(listener: CallOptions['onHeader'], metadata: Metadata): void {
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
    this.plan.context.pending.delete(this);
    this.plan.options.signal?.removeEventListener('abort', this);
  }

  #aborted(): RpcError {
    const reason: unknown = this.plan.options.signal?.reason;
    return this.error(abortCodeOf(reason), 'the signal was aborted', undefined, reason);
  }
}

function kindOf({ requestStream, responseStream }: CallPlan['method']): CallKind {
  if (requestStream) return responseStream ? 'bidi-stream' : 'client-stream';
  return responseStream ? 'server-stream' : 'unary';
}

function metadataOf({ context, method, options }: CallPlan): Metadata {
  const keyed = method.retrySafety === 'with-key' && context.retry.maxAttempts > 1;
  // grpc-js copies the metadata it is given, so a call that adds nothing needs no copy.
  if (!keyed && options.metadata === undefined) return context.metadata;
  const metadata = setMetadata(context.metadata.clone(), options.metadata ?? {});
  if (keyed && metadata.get('idempotency-key').length === 0) {
    metadata.set('idempotency-key', randomUUID());
  }
  return metadata;
}
