import type { MetadataInit, ReceivedMetadata } from './metadata.js';
import { checkRules, FUNCTION, METADATA, SIGNAL, TIMEOUT, type Rules } from './option-rules.js';

/** Options of a single call. */
export interface CallOptions {
  /**
   * Cancels the call, here and on the server. If it is already aborted, no call is opened. The call
   * rejects with CANCELLED, or with DEADLINE_EXCEEDED for AbortSignal.timeout().
   */
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

/** The options of a call that is made without any. */
export const NO_OPTIONS: CallOptions = {};

const RULES: Rules = {
  signal: SIGNAL,
  timeoutMs: TIMEOUT,
  metadata: METADATA,
  onHeader: FUNCTION,
  onTrailer: FUNCTION,
};

/** Throws a TypeError that names the method and the first option that is unknown or wrong. */
export function checkCallOptions(method: string, options: CallOptions): void {
  checkRules(method, options, RULES);
}
