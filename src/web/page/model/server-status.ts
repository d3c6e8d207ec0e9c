import type { GetStatusResponse } from '../../../../gen/personguide/admin/v1/status.js';

/** How many calls a server had served by some time, and how long they took. */
export interface CallCounts {
  /** Counts can only be compared within one. */
  readonly instance: string;
  readonly uptimeSeconds: number;
  readonly ended: number;
  readonly failed: number;
  /** The upper ends of the classes of unary calls in seconds, ascending. */
  readonly bounds: readonly number[];
  /** How many unary calls are in each class. */
  readonly counts: readonly number[];
}

/** The counts in a status. */
export function countsOf(status: GetStatusResponse): CallCounts {
  const { instance, uptimeSeconds, endedCalls, failedCalls, unaryLatencies } = status;
  return {
    instance,
    uptimeSeconds,
    ended: endedCalls.toNumber(),
    failed: failedCalls.toNumber(),
    bounds: unaryLatencies.map(({ upToSeconds }) => upToSeconds),
    counts: unaryLatencies.map(({ calls }) => calls.toNumber()),
  };
}

/** What happened between two reports. */
export interface Sample {
  readonly callsPerSecond: number;
  readonly failuresPerSecond: number;
  /** Undefined without calls. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Compares two reports; undefined if they are of two processes, or of one before it was restarted. */
export function sampleOf(before: CallCounts, after: CallCounts): Sample | undefined {
  const seconds = after.uptimeSeconds - before.uptimeSeconds;
  if (after.instance !== before.instance || seconds <= 0) return undefined;
  const counts = after.counts.map((count, index) => count - (before.counts[index] ?? 0));
  return {
    callsPerSecond: (after.ended - before.ended) / seconds,
    failuresPerSecond: (after.failed - before.failed) / seconds,
    p50Ms: quantileMs(0.5, after.bounds, counts),
    p99Ms: quantileMs(0.99, after.bounds, counts),
  };
}

/** The time in milliseconds that a part of the calls did not exceed. */
export function quantileMs(
  part: number,
  bounds: readonly number[],
  counts: readonly number[],
): number | undefined {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const rank = part * all;
  let passed = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && passed + count >= rank) {
      const low = bounds[index - 1] ?? 0;
      const bound = bounds[index] ?? low;
      const high = Number.isFinite(bound) ? bound : low;
      return 1000 * (low + ((high - low) * (rank - passed)) / count);
    }
    passed += count;
  }
  return undefined;
}
