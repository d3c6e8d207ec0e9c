import type { Code } from './code.js';
import type { Connection } from './connection.js';
import type { Headers } from './headers.js';
import type { IdempotencyKey } from './idempotency.js';
import type { Principal } from './principal.js';

/** What a client speaks; `json` is plain JSON over HTTP, without the headers of Connect. */
export type Protocol = 'grpc' | 'grpc-web' | 'connect' | 'json';

/** What a handler and the middleware see of a call, whatever its kind and whatever carries it. */
export interface Call {
  /** The full method name: `/personguide.PersonGuide/GetPhone`. */
  readonly method: string;
  readonly protocol: Protocol;
  readonly headers: Headers;
  /** The client's address and port, such as `127.0.0.1:53412`. */
  readonly peer: string;
  /** The connection that the call came on; undefined if it is gone, or if there is none. */
  readonly connection: Connection | undefined;
  /**
   * Who calls. Set by access control, or by middleware that has found out in another way; undefined
   * without access control, and for methods that anyone may call.
   */
  principal: Principal | undefined;
  /** The span of the call; set by tracing, undefined without it. */
  trace: CallTrace | undefined;
  /** What the call has written; set by its handler, for the log. */
  written: Written | undefined;
  /** The client's `x-request-id` if it sent a usable one, else a new unique one. */
  readonly requestId: string;
  /** When the client stops waiting, in milliseconds since the epoch; Infinity without a deadline. */
  readonly deadlineMs: number;
  /**
   * Aborted when the response is no longer wanted: the client cancelled, the deadline passed, the
   * connection broke, or the server stops. Its reason is a CallEndedError. Created on first use,
   * which takes 3 us: a handler that never waits should not touch it.
   */
  readonly signal: AbortSignal;
  /** As `signal`, for code that only checks or listens: it costs nothing to create. */
  readonly cancellation: Cancellation;
  /** How many request messages have arrived so far. */
  readonly received: number;
  /** How many bytes these messages had, without their frames, after decompression. */
  readonly receivedBytes: number;
  /** How many response messages have been sent so far. */
  readonly sent: number;
  /**
   * About how many bytes of responses a stream should read at a time: 192 KiB, and less while the
   * server has more than 40 streams.
   */
  readonly pageBytes: number;
  /** Milliseconds since the headers arrived. */
  readonly elapsedMs: number;
  /**
   * The client's `idempotency-key` with a digest of all request messages: to be read once they have
   * all arrived. Undefined if the client sent none or the method is not declared IDEMPOTENT. Reading
   * it throws a PublicError, reason `invalid`, if the key is not 1 to 128 visible ASCII characters.
   */
  readonly idempotencyKey: IdempotencyKey | undefined;
  /**
   * Calls the listener once, when the status of the call is decided and before it is sent. Listeners
   * run in the reverse order of their registration. One that returns a status replaces the one it
   * was given. What a listener throws is ignored.
   */
  onEnd(listener: EndListener): void;
  /** Ends the call from outside its handler, with that status and text; its signal aborts. */
  abort(code: Code, details: string): void;
}

/** The span of a call, by its W3C trace context. */
export interface CallTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether the span is kept. */
  readonly isSampled: boolean;
}

/** The ids of what a call has written, with their text for the log. */
export interface Written {
  add(ids: readonly number[]): void;
  toString(): string;
}

/** The part of an AbortSignal by which a cancelled call is noticed. */
export interface Cancellation {
  readonly aborted: boolean;
  /** A CallEndedError once aborted. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Response trailers by lower-case name; bytes for `-bin` names. */
export type Trailers = Readonly<Record<string, string | Buffer>>;

/** How a call ends: plain data until an adapter sends it. */
export interface CallStatus {
  readonly code: Code;
  /** The status message. */
  readonly details: string;
  readonly trailers: Trailers;
}

/** The status of a call, and what only the server's own log should contain. */
export interface CallOutcome extends CallStatus {
  /** What the handler threw, if callers must not see it or if it has a cause they must not see. */
  readonly error?: unknown;
}

/** Observes the end of a call; may replace its status. */
export type EndListener = (outcome: CallOutcome) => CallStatus | undefined;
