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
 * its RetryInfo is a lower limit.
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
  if (code !== status.UNAVAILABLE || attempts >= policy.maxAttempts) return undefined;
  const [pushback] = metadata.get('grpc-retry-pushback-ms');
  if (pushback !== undefined) return /^\d+$/.test(String(pushback)) ? Number(pushback) : undefined;
  const ceilingMs = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * 2 ** (attempts - 1));
  return Math.max(Math.random() * ceilingMs, errorDetailsOf(metadata).retryDelayMs ?? 0);
}
