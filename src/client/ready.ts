import { Metadata, status } from '@grpc/grpc-js';
import { withStackOf, type Caller } from './caller-stack.js';
import { lastCause } from './grpc-js-texts.js';
import { BOOLEAN, checkRules, SIGNAL, TIMEOUT, type Rules } from './option-rules.js';
import { RpcError } from './rpc-error.js';
import type { ServerPool } from './server-pool.js';
import { abortCodeOf, listenToAbort } from './signal.js';
import { startTimer } from './timer.js';
import type { WireCall } from './wire-call.js';

/** How long waitForReady() waits, and for what. */
export interface ReadyOptions {
  /** Default 10,000; then it rejects with DEADLINE_EXCEEDED and names the last failure. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting with CANCELLED, or with DEADLINE_EXCEEDED for AbortSignal.timeout(). */
  readonly signal?: AbortSignal | undefined;
  /**
   * Default false: after 2 seconds in which no server accepted a connection, it rejects with
   * UNAVAILABLE and the cause. True: it keeps trying until `timeoutMs`, for servers that still start.
   */
  readonly untilTimeout?: boolean | undefined;
}

const RULES: Rules = { timeoutMs: TIMEOUT, signal: SIGNAL, untilTimeout: BOOLEAN };

/** How long connections may fail before waitForReady() gives up; a restart takes less. */
const GIVE_UP_MS = 2000;

/** Resolves once a server is connected. */
export function waitForReady(
  pool: ServerPool,
  options: ReadyOptions,
  caller: Caller,
): Promise<void> {
  checkRules('waitForReady', options, RULES);
  return new Promise((resolve, reject) => {
    new ReadyWait(pool, options, caller, resolve, reject).begin();
  });
}

class ReadyWait {
  readonly #pool: ServerPool;
  readonly #options: ReadyOptions;
  readonly #caller: Caller;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  #timeout: NodeJS.Timeout | undefined;
  #giveUp: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #failure: string | undefined;
  #probe: WireCall | undefined;

  constructor(
    pool: ServerPool,
    options: ReadyOptions,
    caller: Caller,
    resolve: () => void,
    reject: (error: Error) => void,
  ) {
    this.#pool = pool;
    this.#options = options;
    this.#caller = caller;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    const { signal, timeoutMs = 10_000 } = this.#options;
    if (signal?.aborted === true) {
      this.handleEvent();
      return;
    }
    if (signal) listenToAbort(signal, this);
    this.#timeout = startTimer(timeoutMs, () => {
      const { addresses } = this.#pool;
      const last = this.#failure === undefined ? '' : `; the last failure was: ${this.#failure}`;
      const details = `no connection to ${addresses.join(', ')} within ${timeoutMs} ms${last}`;
      this.#fail(status.DEADLINE_EXCEEDED, details);
    });
    this.#unwatch = this.#pool.watch(() => {
      this.#look();
    });
    this.#look();
  }

  /** Called by the signal when it is aborted. */
  handleEvent(): void {
    const reason: unknown = this.#options.signal?.reason;
    this.#fail(abortCodeOf(reason), 'the signal was aborted', reason);
  }

  #look(): void {
    const state = this.#pool.state(true);
    if (state === 'READY') {
      this.#end();
      this.#resolve();
    } else if (state === 'SHUTDOWN') {
      this.#fail(status.CANCELLED, 'the client has been closed');
    } else if (state === 'TRANSIENT_FAILURE') {
      this.#askForCause();
      if (this.#options.untilTimeout === true) return;
      this.#giveUp ??= startTimer(GIVE_UP_MS, () => {
        this.#fail(status.UNAVAILABLE, this.#failure ?? 'no server accepts a connection');
      });
    }
  }

  /** A call that is opened while connections fail ends immediately, with the reason as its text. */
  #askForCause(): void {
    if (this.#probe !== undefined) return;
    this.#probe = this.#pool.openCall('/grpc.health.v1.Health/Check', Infinity);
    this.#probe.start(new Metadata(), {
      onReceiveMetadata: () => undefined,
      onReceiveMessage: () => undefined,
      onReceiveStatus: ({ details }) => {
        this.#failure = lastCause(details);
        this.#probe = undefined;
      },
    });
  }

  #fail(code: number, details: string, cause?: unknown): void {
    this.#end();
    const error = new RpcError({ code, details, method: 'waitForReady', cause });
    this.#reject(withStackOf(this.#caller, error));
  }

  #end(): void {
    clearTimeout(this.#timeout);
    clearTimeout(this.#giveUp);
    this.#unwatch?.();
    this.#options.signal?.removeEventListener('abort', this);
    this.#probe?.cancelWithStatus(status.CANCELLED, 'no longer needed');
  }
}
