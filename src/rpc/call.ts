import type { Metadata } from '@grpc/grpc-js';

/** What a handler sees of its call, whatever the kind of RPC. */
export interface Call {
  /** The full method name: `/personguide.PersonGuide/GetPhone`. */
  readonly method: string;
  /** The metadata that the client sent. */
  readonly metadata: Metadata;
  /** The client's address, as grpc-js gives it. */
  readonly peer: string;
  /** The client's `x-request-id` if it sent a usable one, else one made here. */
  readonly requestId: string;
  /** When the client stops waiting, in milliseconds since the epoch; Infinity without a deadline. */
  readonly deadlineMs: number;
  /**
   * Aborted when nobody waits for the answer any more: the client cancelled, the deadline passed,
   * the connection broke, or the server stops. Made on first use: a handler that never waits
   * should not touch it.
   */
  readonly signal: AbortSignal;
}

/** What is known about a call once it has ended. */
export interface EndedCall {
  readonly method: string;
  /** The gRPC status code. */
  readonly code: number;
  readonly durationMs: number;
  readonly peer: string;
  readonly requestId: string;
  /** How many messages came in, and how many went out. */
  readonly received: number;
  readonly sent: number;
  /** What the handler threw, if it was not meant for the caller, or has a cause that was not. */
  readonly error?: unknown;
  /** The client's metadata, for what a log may want to pick from it. */
  readonly metadata: Metadata;
}
