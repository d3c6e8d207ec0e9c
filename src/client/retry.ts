import { status, type StatusObject } from '@grpc/grpc-js';
import { errorDetailsOf } from './error-details.js';
import type { RetryOptions } from './options.js';

/** When calls are made again. */
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
 * How long to wait before the next attempt; undefined if there must be none. The server's word
 * comes first: `grpc-retry-pushback-ms` replaces the pause (negative or unreadable: no retry), and
 * RetryInfo is the least of it.
 *
 * grpc-js has retries of its own, by service config. They know nothing of RetryInfo, have 20 % of
 * jitter, take an unreadable pushback for 1 ms, and wait beyond the deadline, which then hides the
 * error. It keeps the one kind that only it can do: calls that never left this process.
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
