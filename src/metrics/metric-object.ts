import type { Exemplar, Histogram, Labels } from './histogram.js';

export type { Exemplar, Labels };

/** A value of a metric. */
export interface MetricValue {
  readonly value: number;
  readonly labels: Labels;
  /** The name of the sample, where it is not that of the metric: `x_bucket` of `x`. */
  readonly metricName?: string;
  /** A call that is an example of this value, by its trace. */
  readonly exemplar?: Exemplar;
}

/** How the values of several processes become one. */
export type Aggregator = 'sum' | 'first' | 'min' | 'max' | 'average' | 'omit';

/** A metric with its values: plain data, in the JSON form of prom-client. */
export interface MetricObject {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly MetricValue[];
  readonly aggregator: Aggregator;
}

/** A value with its labels. */
export function sample(value: number, labels: Labels = {}): MetricValue {
  return { value, labels };
}

/** A metric that only grows; its name ends with `_total`. */
export function counter(name: string, help: string, values: readonly MetricValue[]): MetricObject {
  return { name, help, type: 'counter', values, aggregator: 'sum' };
}

/** A metric that goes up and down. */
export function gauge(
  name: string,
  help: string,
  values: readonly MetricValue[],
  aggregator: Aggregator = 'sum',
): MetricObject {
  return { name, help, type: 'gauge', values, aggregator };
}

/** Histograms by their labels. */
export function histogram(
  name: string,
  help: string,
  entries: Iterable<readonly [Labels, Histogram]>,
): MetricObject {
  const values = Array.from(entries, ([labels, each]) => samplesOf(name, labels, each)).flat();
  return { name, help, type: 'histogram', values, aggregator: 'sum' };
}

function samplesOf(
  name: string,
  labels: Labels,
  { bounds, counts, exemplars, sum }: Histogram,
): MetricValue[] {
  const samples: MetricValue[] = [];
  let below = 0;
  for (const [index, count] of counts.entries()) {
    below += count;
    const le = index < bounds.length ? String(bounds[index]) : '+Inf';
    const exemplar = exemplars?.[index];
    samples.push({
      value: below,
      labels: { le, ...labels },
      metricName: `${name}_bucket`,
      ...(exemplar !== undefined && { exemplar }),
    });
  }
  samples.push({ value: sum, labels, metricName: `${name}_sum` });
  samples.push({ value: below, labels, metricName: `${name}_count` });
  return samples;
}
