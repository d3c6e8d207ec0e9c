import type { MetricObject, MetricValue } from './metric-object.js';

/**
 * The sums of the counters and histograms of processes that have ended. Without them, the sums over
 * all processes would fall when one ends, which Prometheus takes for a restart of all of them.
 */
export class CounterTotals {
  readonly #metrics = new Map<string, MetricObject>();
  /** The values of each metric, by their names and labels. */
  readonly #values = new Map<string, Map<string, MetricValue>>();

  /** Adds what a process had counted. */
  add(metrics: readonly MetricObject[]): void {
    for (const metric of metrics) {
      if (metric.aggregator !== 'sum' || metric.type === 'gauge') continue;
      this.#metrics.set(metric.name, metric);
      const values = this.#values.get(metric.name) ?? new Map<string, MetricValue>();
      this.#values.set(metric.name, values);
      for (const each of metric.values) {
        const key = JSON.stringify([each.metricName, Object.entries(each.labels).toSorted()]);
        const value = each.value + (values.get(key)?.value ?? 0);
        values.set(key, { ...each, value });
      }
    }
  }

  collect(): MetricObject[] {
    return Array.from(this.#metrics.values(), (metric) => ({
      ...metric,
      values: [...(this.#values.get(metric.name)?.values() ?? [])],
    }));
  }
}
