import type { MetadataInit, ReceivedMetadata } from './metadata.js';

/** Options of a single call. */
export interface CallOptions {
  /** Cancels the call, here and on the server. If it is already aborted, no call is opened. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the call may take in milliseconds, retries included; 0 or less has already passed.
   * Default: that of connect() for unary and client-streaming calls, no limit for the others.
   */
  readonly timeoutMs?: number | undefined;
  /** Sent with the call. Replaces the client's own metadata of the same names. */
  readonly metadata?: MetadataInit | undefined;
  /** Called with the metadata that precedes the response, once per attempt that receives it. */
  readonly onHeader?: ((header: ReceivedMetadata) => void) | undefined;
  /** Called with the metadata that ends the call, whether it succeeded or not. */
  readonly onTrailer?: ((trailer: ReceivedMetadata) => void) | undefined;
}
