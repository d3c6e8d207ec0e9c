import { status } from '@grpc/grpc-js';
import type { Person, WatchPersonsResponse } from '../../gen/personguide/person_guide.js';
import type { ResponseStream } from './definition.js';
import type { PeopleCalls, WatchPersonsInput } from './directory-calls.js';
import { backoffMs, type LongCall } from './long-call.js';
import type { MetadataInit } from './metadata.js';
import {
  checkRules,
  COUNT,
  FUNCTION,
  isObject,
  METADATA,
  SIGNAL,
  TEXT,
  type Rules,
} from './option-rules.js';
import { RpcError } from './rpc-error.js';

/** Whom to follow, and from where. */
export interface WatchOptions {
  /**
   * `snapshot` (default): with everyone who matches now. `now`: with the changes from now on. A
   * token: with what came after the event that had it, for the same `address` and `label`.
   */
  readonly from?: 'snapshot' | 'now' | { readonly token: string } | undefined;
  /** Only people with an address of this name. */
  readonly address?: string | undefined;
  /** Only people with this label. */
  readonly label?: string | undefined;
  /**
   * How often the server reports that nothing has changed. If two reports are missing, the watch
   * connects again. Default 15, at most 240.
   */
  readonly heartbeatSeconds?: number | undefined;
  /** Called with each failure after which the watch goes on, and how long it waits before. */
  readonly onRetry?: ((error: RpcError, delayMs: number) => void) | undefined;
  /** Ends the watch with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** Sent with each call. Replaces the client's own metadata of the same names. */
  readonly metadata?: MetadataInit | undefined;
}

/** What has changed since the event before. */
export interface PeopleEvent {
  /** People who are new or have changed, as stored; each once, by the last change. */
  readonly people: readonly Person[];
  /**
   * People who were deleted, or who no longer match. It may have ids that the caller has never got.
   */
  readonly deletedIds: readonly number[];
  /**
   * A new snapshot begins with this event, because the token was too old. Everyone comes again;
   * people who have not come by the event with `snapshotComplete` are gone.
   */
  readonly reset: boolean;
  /** With this event, the caller has everyone who matched when the watch began. */
  readonly snapshotComplete: boolean;
  /** `from: { token }` goes on after this event, in this process or in another one. */
  readonly token: string;
}

/** What a replica looks at besides the events. */
export interface WatchObserver {
  onResponse(): void;
  onInterruption(error: RpcError): void;
}

/** After how many missed heartbeats the watch connects again. */
const MISSED_HEARTBEATS = 2;

const DEFAULT_HEARTBEAT_SECONDS = 15;

/** The rules of the options that a replica has, too. */
export const FILTER_RULES: Rules = {
  address: TEXT,
  label: TEXT,
  heartbeatSeconds: COUNT,
  onRetry: FUNCTION,
  signal: SIGNAL,
  metadata: METADATA,
};

const RULES: Rules = {
  from: [
    (value) => value === 'snapshot' || value === 'now' || hasToken(value),
    "'snapshot', 'now', or an object with a token",
  ],
  ...FILTER_RULES,
};

function hasToken(value: unknown): boolean {
  return (
    isObject(value) && 'token' in value && typeof value.token === 'string' && value.token !== ''
  );
}

/** Throws a TypeError that names the first option that is unknown or wrong. */
export function checkWatchOptions(options: WatchOptions): void {
  checkRules('watch', options, RULES);
}

type Result = IteratorResult<PeopleEvent, undefined>;

/** A stream of events over as many WatchPersons calls as it takes. */
export class PeopleWatch implements ResponseStream<PeopleEvent> {
  readonly #people: PeopleCalls;
  readonly #options: WatchOptions;
  readonly #call: LongCall;
  readonly #observer: WatchObserver | undefined;
  readonly #events: AsyncGenerator<PeopleEvent, undefined>;
  #start: WatchPersonsInput;
  #token = '';
  #reset = false;
  #hadResponse = false;
  #failures = 0;

  constructor(
    people: PeopleCalls,
    options: WatchOptions,
    call: LongCall,
    observer?: WatchObserver,
  ) {
    this.#people = people;
    this.#options = options;
    this.#call = call;
    this.#observer = observer;
    this.#start = startOf(options.from);
    this.#events = this.#run();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    return this.#events.next();
  }

  return(): Promise<Result> {
    // A pending next() must not wait for the next event.
    this.#call.end();
    return this.#events.return(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async *#run(): AsyncGenerator<PeopleEvent, undefined> {
    this.#call.begin();
    try {
      while (!this.#call.ended) {
        try {
          yield* this.#readCall();
        } catch (error) {
          await this.#recover(error);
        }
      }
    } finally {
      this.#call.end();
    }
    if (this.#call.failure) throw this.#call.failure.error;
    return undefined;
  }

  /** The events of one call. */
  async *#readCall(): AsyncGenerator<PeopleEvent, void> {
    const { address = '', label = '', metadata } = this.#options;
    const request = { ...this.#start, address, label, heartbeatSeconds: this.#heartbeatSeconds };
    const responses = this.#people.watchPersons(request, { signal: this.#call.signal, metadata });
    try {
      for (;;) {
        const response = await this.#receive(responses);
        const event = this.#eventOf(response);
        if (event !== undefined) yield event;
      }
    } finally {
      void responses.return();
    }
  }

  /** The next response; a server that is silent for too long is given up. */
  async #receive(responses: ResponseStream<WatchPersonsResponse>): Promise<WatchPersonsResponse> {
    const limitMs = this.#heartbeatSeconds * 1000 * MISSED_HEARTBEATS;
    const silence = { passed: false };
    const timer = setTimeout(() => {
      silence.passed = true;
      void responses.return();
    }, limitMs);
    try {
      const { done, value } = await responses.next();
      if (done !== true) return value;
    } catch (error) {
      if (!silence.passed) throw error;
    } finally {
      clearTimeout(timer);
    }
    const details = silence.passed ? `no heartbeat for ${limitMs} ms` : 'the server ended the call';
    throw this.#call.error(status.UNAVAILABLE, details);
  }

  /** Undefined for a heartbeat. */
  #eventOf(response: WatchPersonsResponse): PeopleEvent | undefined {
    const { people, deletedIds, snapshotComplete, syncToken } = response;
    const hasNews = people.length > 0 || deletedIds.length > 0;
    const isHeartbeat = !hasNews && !snapshotComplete && syncToken === this.#token;
    this.#hadResponse = true;
    this.#failures = 0;
    this.#observer?.onResponse();
    if (isHeartbeat) return undefined;
    const event = { people, deletedIds, reset: this.#reset, snapshotComplete, token: syncToken };
    this.#reset = false;
    this.#token = syncToken;
    this.#start = { syncToken };
    return event;
  }

  /** Gets ready for another call, or throws the error if a further one cannot succeed either. */
  async #recover(error: unknown): Promise<void> {
    if (this.#call.ended) return;
    const isExpired = this.#isExpired(error);
    if (!isExpired && !this.#call.mayRetry(error, this.#hadResponse)) {
      throw this.#call.withStack(error);
    }
    this.#failures += 1;
    if (isExpired) {
      this.#start = { snapshot: true };
      this.#token = '';
      this.#reset = true;
    }
    // An expired token is not a reason to wait, unless that of a new snapshot is expired as well.
    const delayMs = isExpired && this.#failures === 1 ? 0 : backoffMs(this.#failures, error);
    this.#observer?.onInterruption(error);
    this.#options.onRetry?.(error, delayMs);
    await this.#call.pause(delayMs);
  }

  #isExpired(error: unknown): error is RpcError {
    if (!(error instanceof RpcError)) return false;
    if (error.reason === 'SYNC_TOKEN_EXPIRED') return true;
    // A server that cannot read the token of another one, such as an earlier version.
    return this.#token !== '' && error.violations.some(({ field }) => field === 'sync_token');
  }

  get #heartbeatSeconds(): number {
    return this.#options.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS;
  }
}

function startOf(from: WatchOptions['from'] = 'snapshot'): WatchPersonsInput {
  if (typeof from === 'object') return { syncToken: from.token };
  return from === 'now' ? { now: true } : { snapshot: true };
}
