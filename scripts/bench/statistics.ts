/** A summary of several measurements. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The median (the mean of the middle two for an even count), the minimum and the maximum. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** Percentiles of latencies, in milliseconds. */
export interface Latencies {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export function latenciesOf(timesMs: Iterable<number>): Latencies {
  const sorted = Float64Array.from(timesMs).sort();
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? NaN;
  return { medianMs: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999), maxMs: at(1) };
}
