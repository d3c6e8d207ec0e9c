/** What the server reports about itself; `status.json` of the server. */
export interface ServerStatus {
  readonly version: string;
  /** Such as `SQLite` or `PostgreSQL`. */
  readonly engine: string;
  readonly node: string;
  readonly uptimeSeconds: number;
  readonly isServing: boolean;
  /** What the caller may do; undefined without access control. */
  readonly scopes?: readonly string[];
  /** Since the server was started. */
  readonly calls: CallCounts;
}

/** How many calls have ended, and how long they took. */
export interface CallCounts {
  readonly ended: number;
  readonly failed: number;
  readonly open: number;
  /** The upper ends of the classes of unary calls in seconds, ascending. */
  readonly bounds: readonly number[];
  /** How many unary calls are in each class; one more than bounds, for those above. */
  readonly counts: readonly number[];
}

/** What happened between two reports. */
export interface Sample {
  readonly callsPerSecond: number;
  readonly failuresPerSecond: number;
  /** Undefined without calls. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Compares two reports; undefined if the server was started anew between them. */
export function sampleOf(
  before: CallCounts,
  after: CallCounts,
  seconds: number,
): Sample | undefined {
  if (after.ended < before.ended || seconds <= 0) return undefined;
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
      const high = bounds[index] ?? low;
      return 1000 * (low + ((high - low) * (rank - passed)) / count);
    }
    passed += count;
  }
  return undefined;
}
