import type { MetadataInit, ReceivedMetadata } from './metadata.js';

/** What a single call may say. */
export interface CallOptions {
  /** Cancels the call, here and on the server. One that is aborted already opens no call. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the call may take, retries included; 0 or less has passed already.
   * Default: that of connect() for unary and client-streaming calls, none for the others.
   */
  readonly timeoutMs?: number | undefined;
  /** Sent with the call, in place of the client's own under the same names. */
  readonly metadata?: MetadataInit | undefined;
  /** Told the metadata that precedes the answer, once per attempt that gets so far. */
  readonly onHeader?: ((header: ReceivedMetadata) => void) | undefined;
  /** Told the metadata that ends the call, whether it succeeded or not. */
  readonly onTrailer?: ((trailer: ReceivedMetadata) => void) | undefined;
}
