import type { CallContext, PendingCall } from './call-plan.js';
import { withStackOf, type Caller } from './caller-stack.js';
import { RpcError } from './rpc-error.js';
import { abortCodeOf, listenToAbort } from './signal.js';

/** The upper limit of the first delay between two calls; it doubles with each further one. */
const FIRST_BACKOFF_MS = 500;

const LONGEST_BACKOFF_MS = 30_000;

/**
 * Codes that another call may not end with, once one has succeeded: a proxy or a server that stops
 * may end a stream with any of them, and a token can be renewed.
 */
const TEMPORARY: readonly string[] = [
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'INTERNAL',
  'UNAUTHENTICATED',
  'UNKNOWN',
] satisfies RpcError['codeName'][];

/**
 * How long to wait before the next call: a random time, up to a limit that doubles each time, and as
 * long as the server asks.
 */
export function backoffMs(failures: number, { retryDelayMs = 0 }: RpcError): number {
  const limitMs = FIRST_BACKOFF_MS * 2 ** Math.max(0, failures - 1);
  return Math.max(Math.random() * Math.min(LONGEST_BACKOFF_MS, limitMs), retryDelayMs);
}

/**
 * What its caller sees as one call although it makes several, one after another. It fails when the
 * signal of the caller is aborted or the client is closed, also between two of its calls.
 */
export class LongCall implements PendingCall {
  /** Ends the calls that it makes. */
  readonly signal: AbortSignal;
  readonly #context: CallContext;
  readonly #method: string;
  readonly #caller: Caller;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #controller = new AbortController();
  #failure: { readonly error: unknown } | undefined;

  constructor(
    context: CallContext,
    method: string,
    caller: Caller,
    callerSignal: AbortSignal | undefined,
  ) {
    this.#context = context;
    this.#method = method;
    this.#caller = caller;
    this.#callerSignal = callerSignal;
    this.signal = this.#controller.signal;
  }

  /** Whether nothing more is to be done. */
  get ended(): boolean {
    return this.signal.aborted;
  }

  /** Why it failed, if its signal was aborted or the client was closed. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Begins to listen to the signal of the caller and to close(). */
  begin(): void {
    this.#context.pending.add(this);
    if (this.#callerSignal?.aborted === true) this.handleEvent();
    else if (this.#callerSignal) listenToAbort(this.#callerSignal, this);
  }

  /** Ends its calls, and a pause. */
  end(): void {
    this.#context.pending.delete(this);
    this.#callerSignal?.removeEventListener('abort', this);
    this.#controller.abort();
  }

  /** Called by close(). */
  abandon(error: unknown): void {
    if (this.ended) return;
    this.#failure = { error };
    this.end();
  }

  /** Called by the signal of the caller when it is aborted. */
  handleEvent(): void {
    const reason: unknown = this.#callerSignal?.reason;
    this.abandon(this.error(abortCodeOf(reason), 'the signal was aborted', reason));
  }

  /** Whether a further call may succeed; `hadResponse`: whether one ever had a response. */
  mayRetry(error: unknown, hadResponse: boolean): error is RpcError {
    if (!(error instanceof RpcError) || this.#context.servers.state() === 'SHUTDOWN') return false;
    const { codeName, retryDelayMs } = error;
    if (codeName === 'UNAVAILABLE' || retryDelayMs !== undefined) return true;
    return hadResponse && TEMPORARY.includes(codeName);
  }

  /** Makes an error of this call, with the stack of its caller. */
  error(code: number, details: string, cause?: unknown): RpcError {
    return this.withStack(new RpcError({ code, details, method: this.#method, cause }));
  }

  /** Gives an error of one of its calls the stack of the caller. */
  withStack<E>(error: E): E {
    return withStackOf(this.#caller, error);
  }

  /** Resolves after that time, or when it ends. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.ended) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      this.signal.addEventListener('abort', done);
    });
  }
}
