import { idempotencyKeyReused } from './errors.js';
import type { IdempotencyKey, KeptMessage } from './store.js';

/** For how long a retry with the same idempotency key is not done again, in milliseconds. */
export const RESULT_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** What a store keeps for an idempotency key. */
export interface StoredResult {
  /** The digest of the request that was done. */
  readonly digest: string;
  /** What the write resolved with. */
  readonly result: KeptMessage;
}

/** Results stored at this time or before it have expired, in milliseconds since 1970. */
export function expiredAtMs(now: Date): number {
  return now.getTime() - RESULT_LIFETIME_MS;
}

/** What is kept for a retry. Throws IDEMPOTENCY_KEY_REUSED unless the request is the same. */
export function keptForRetry({ digest }: IdempotencyKey, stored: StoredResult): KeptMessage {
  if (stored.digest !== digest) throw idempotencyKeyReused();
  return stored.result;
}
