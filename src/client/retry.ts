import { status, type StatusObject } from '@grpc/grpc-js';
import { errorDetailsOf } from './error-details.js';
import type { RetryOptions } from './options.js';

/** When calls are retried. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
}

/** The policy of an option of connect(). */
export function retryPolicyOf(option: boolean | RetryOptions = true): RetryPolicy {
  const { maxAttempts, initialBackoffMs, maxBackoffMs } = typeof option === 'object' ? option : {};
  return {
    maxAttempts: option === false ? 1 : (maxAttempts ?? 4),
    initialBackoffMs: initialBackoffMs ?? 100,
    maxBackoffMs: maxBackoffMs ?? 2000,
  };
}

/**
 * How long to wait before the next attempt; undefined if there must be none. The server decides
 * first: its `grpc-retry-pushback-ms` replaces the delay (negative or unreadable: no retry), and
 * its RetryInfo is a lower limit. RESOURCE_EXHAUSTED is retried only with RetryInfo: without it, the
 * limit is not one that time lifts.
 *
 * The retries of grpc-js, by service config, ignore RetryInfo, have only 20 % of jitter, read an
 * invalid pushback as 1 ms, and wait beyond the deadline, which then hides the error. grpc-js
 * keeps the one kind that only it can do: calls that never left this process.
 */
export function retryDelayMs(
  { code, metadata }: StatusObject,
  attempts: number,
  policy: RetryPolicy,
): number | undefined {
  const isLimited = code === status.RESOURCE_EXHAUSTED;
  if (code !== status.UNAVAILABLE && !isLimited) return undefined;
  if (attempts >= policy.maxAttempts) return undefined;
  const { retryDelayMs: askedMs } = errorDetailsOf(metadata);
  if (isLimited && askedMs === undefined) return undefined;
  const [pushback] = metadata.get('grpc-retry-pushback-ms');
  if (pushback !== undefined) return /^\d+$/.test(String(pushback)) ? Number(pushback) : undefined;
  const ceilingMs = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * 2 ** (attempts - 1));
  const randomMs = Math.random() * ceilingMs;
  // All calls beyond a limit are asked for much the same delay; they must not come back together.
  return isLimited ? (askedMs ?? 0) + randomMs : Math.max(randomMs, askedMs ?? 0);
}
