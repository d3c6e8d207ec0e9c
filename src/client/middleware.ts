import type { Metadata } from '@grpc/grpc-js';
import { setMetadata, toPlain, type MetadataInit, type ReceivedMetadata } from './metadata.js';
import type { CodeName } from './rpc-error.js';

/** Whether a call has one message or many, in each direction. */
export type CallKind = 'unary' | 'server-stream' | 'client-stream' | 'bidi-stream';

/**
 * Wraps the calls of a client, of all kinds; `watch`, `importPeople` and a replica are made of calls,
 * too. It runs once per call, before the first attempt:
 * - it continues with `next()`, before it returns or before its promise resolves;
 * - it refuses the call by throwing (or rejecting): the caller gets that error;
 * - before `next()`, it may change the metadata, the timeout and the number of attempts;
 * - it observes attempts and the end with `call.onAttempt(...)` and `call.onEnd(...)`.
 */
export type ClientMiddleware = (call: OutgoingCall, next: () => void) => void | Promise<void>;

/** Metadata to send. */
export interface OutgoingMetadata {
  /** All values of a name, in order. */
  get(name: string): readonly (string | Buffer)[];
  /** Replaces all values of a name; undefined removes them. Throws a TypeError for invalid ones. */
  set(name: string, value: MetadataInit[string]): void;
}

/** A call before and while it is made, as middleware sees it. */
export interface OutgoingCall {
  /** The full method name: `/personguide.PersonGuide/GetPhone`. */
  readonly method: string;
  readonly kind: CallKind;
  /** Sent with each attempt. Does not contain the token. */
  readonly metadata: OutgoingMetadata;
  /** Aborted when the caller wants no response any more, if the caller has given a signal. */
  readonly signal: AbortSignal | undefined;
  /** How long the call may take from its begin, retries included; Infinity for no limit. */
  timeoutMs: number;
  /**
   * The greatest number of attempts, the first one included. Only calls that are safe to retry have
   * more than one, whatever this says.
   */
  maxAttempts: number;
  /** Calls the listener before each attempt, in the order of registration. What it throws ends the call. */
  onAttempt(listener: (attempt: Attempt) => void): void;
  /**
   * Calls the listener once, when the call has ended, in the reverse order of registration. One that
   * returns an Error replaces the one that the caller gets. What a listener throws is ignored.
   */
  onEnd(listener: (outcome: CallOutcome) => Error | undefined): void;
}

/** One attempt of a call. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /** Sent with this attempt; contains the token. */
  readonly metadata: OutgoingMetadata;
  /** Calls the listener once, when the attempt has ended. What it throws is ignored. */
  onEnd(listener: (outcome: AttemptOutcome) => void): void;
}

/** How an attempt ended. */
export interface AttemptOutcome {
  /** The gRPC status code: 0 for success. */
  readonly code: number;
  readonly codeName: CodeName | 'OK';
  /** The status text. */
  readonly details: string;
}

/** How a call ended. */
export interface CallOutcome {
  /** The gRPC status code: 0 for success. */
  readonly code: number;
  readonly codeName: CodeName | 'OK';
  /** How many attempts were made; 0 if the call never got that far. */
  readonly attempts: number;
  /** What the caller gets; undefined if the call succeeded. */
  readonly error: unknown;
  /** The metadata that came with the status. */
  readonly trailer: ReceivedMetadata;
}

/** Runs the middleware in order, then `start`; `fail` is called with what one throws. */
export function runMiddleware(
  list: readonly ClientMiddleware[],
  call: OutgoingCall,
  start: () => void,
  fail: (error: unknown) => void,
): void {
  const runFrom = (index: number): void => {
    const middleware = list[index];
    if (middleware === undefined) {
      start();
      return;
    }
    let passed = false;
    const next = (): void => {
      if (passed) return;
      passed = true;
      runFrom(index + 1);
    };
    const finished = (): void => {
      if (!passed) fail(new Error('a middleware neither called next() nor threw'));
    };
    try {
      const pending = middleware(call, next);
      if (pending === undefined) finished();
      else pending.then(finished, fail);
    } catch (error) {
      fail(error);
    }
  };
  runFrom(0);
}

/** The metadata of a call; copied before its first change if others use it, too. */
export class OwnMetadata implements OutgoingMetadata {
  value: Metadata;
  #shared: boolean;

  constructor(value: Metadata, { shared }: { readonly shared: boolean }) {
    this.value = value;
    this.#shared = shared;
  }

  get(name: string): readonly (string | Buffer)[] {
    return this.value.get(name);
  }

  set(name: string, value: MetadataInit[string]): void {
    if (this.#shared) this.value = this.value.clone();
    this.#shared = false;
    if (value === undefined) this.value.remove(name);
    else setMetadata(this.value, { [name]: value });
  }
}

type EndListener<T, R> = (outcome: T) => R;

/** What the middleware of one call has asked for. */
export class CallHooks implements OutgoingCall {
  readonly method: string;
  readonly kind: CallKind;
  readonly metadata: OwnMetadata;
  readonly signal: AbortSignal | undefined;
  timeoutMs: number;
  maxAttempts: number;
  readonly #onAttempt: ((attempt: Attempt) => void)[] = [];
  readonly #onEnd: EndListener<CallOutcome, Error | undefined>[] = [];
  #onAttemptEnd: EndListener<AttemptOutcome, void>[] = [];

  constructor(
    init: Pick<OutgoingCall, 'method' | 'kind' | 'signal' | 'timeoutMs' | 'maxAttempts'> & {
      readonly metadata: Metadata;
    },
  ) {
    this.method = init.method;
    this.kind = init.kind;
    this.signal = init.signal;
    this.timeoutMs = init.timeoutMs;
    this.maxAttempts = init.maxAttempts;
    this.metadata = new OwnMetadata(init.metadata, { shared: true });
  }

  onAttempt(listener: (attempt: Attempt) => void): void {
    this.#onAttempt.push(listener);
  }

  onEnd(listener: EndListener<CallOutcome, Error | undefined>): void {
    this.#onEnd.push(listener);
  }

  /** The metadata of the next attempt. Throws what a listener throws. */
  attempt(number: number, metadata: Metadata): Metadata {
    if (this.#onAttempt.length === 0) return metadata;
    const own = new OwnMetadata(metadata, { shared: true });
    const ended: EndListener<AttemptOutcome, void>[] = [];
    this.#onAttemptEnd = ended;
    const attempt: Attempt = {
      ...{ number, metadata: own },
      onEnd: (listener) => {
        ended.push(listener);
      },
    };
    for (const listener of this.#onAttempt) listener(attempt);
    return own.value;
  }

  /** The attempt that was last begun has ended. A second call does nothing. */
  attemptEnded(outcome: AttemptOutcome): void {
    const listeners = this.#onAttemptEnd;
    this.#onAttemptEnd = [];
    for (const listener of listeners.toReversed()) {
      ignoreErrors(() => {
        listener(outcome);
      });
    }
  }

  /** The call has ended; returns the error for its caller. */
  ended(
    outcome: Pick<CallOutcome, 'code' | 'codeName' | 'attempts' | 'error'>,
    trailer: Metadata | undefined,
  ): unknown {
    let { error } = outcome;
    const received = trailer === undefined ? {} : toPlain(trailer);
    for (const listener of this.#onEnd.toReversed()) {
      ignoreErrors(() => {
        const replaced = listener({ ...outcome, error, trailer: received });
        if (replaced !== undefined && error !== undefined) error = replaced;
      });
    }
    return error;
  }
}

function ignoreErrors(work: () => void): void {
  try {
    work();
  } catch {
    // A log or a metric that fails must not break the call.
  }
}
