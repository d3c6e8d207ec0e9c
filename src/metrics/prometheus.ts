import { AggregatorRegistry, collectDefaultMetrics, Registry, type Metric } from 'prom-client';
import type { Exemplar, MetricObject, MetricValue } from './metric-object.js';

/** How often the delay of the event loop is measured. At 20 ms it would take 0.2 % of a core. */
const LOOP_RESOLUTION_MS = 100;

/** Each takes time that grows with the number of connections, or has a name that OpenMetrics forbids. */
const LEFT_OUT = [
  ...['nodejs_active_handles', 'nodejs_active_handles_total'],
  ...['nodejs_active_requests', 'nodejs_active_requests_total'],
  ...['nodejs_active_resources', 'nodejs_active_resources_total'],
  // One is the time of a single turn while the metrics are collected, the other the resolution.
  ...['nodejs_eventloop_lag_seconds', 'nodejs_eventloop_lag_min_seconds'],
];

/** What Node measures is the time between two timers, not by how much the second was late. */
const LOOP_DELAY = /^nodejs_eventloop_lag_(?:max|mean|p\d+)_seconds$/;

const registry = new Registry();
let isWatched = false;

/** Begins to measure the process: once, however many servers it has, because it has no end. */
export function watchProcess(): void {
  if (isWatched) return;
  isWatched = true;
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_RESOLUTION_MS });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
}

/** The metrics of the process. */
export async function processMetrics(): Promise<MetricObject[]> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as MetricObject[];
  return metrics.map((metric) => ({ ...metric, values: valuesOf(metric) }));
}

/** The mean of nothing is NaN, as when two scrapes are less than 100 ms apart. */
function valuesOf({ name, values }: MetricObject): MetricValue[] {
  const measured = values.filter(({ value }) => !Number.isNaN(value));
  if (!LOOP_DELAY.test(name)) return measured;
  const resolution = LOOP_RESOLUTION_MS / 1000;
  return measured.map((each) => ({ ...each, value: Math.max(0, each.value - resolution) }));
}

/** The content types of the two formats. */
export const PROMETHEUS = Registry.PROMETHEUS_CONTENT_TYPE;
export const OPEN_METRICS = Registry.OPENMETRICS_CONTENT_TYPE;

/**
 * The text of metrics, in the format of that content type; those of several processes become one by
 * the aggregator of each. Only OpenMetrics has exemplars.
 */
export async function render(
  collected: readonly (readonly MetricObject[])[],
  contentType: typeof PROMETHEUS | typeof OPEN_METRICS = PROMETHEUS,
): Promise<string> {
  const text = new Registry<typeof contentType>();
  text.setContentType(contentType);
  for (const metric of await merged(collected)) {
    // prom-client changes the name of a counter for OpenMetrics before it asks for its values.
    const copy = { ...metric, get: (): object => copy };
    text.registerMetric(copy as unknown as Metric);
  }
  return text.metrics();
}

async function merged(
  collected: readonly (readonly MetricObject[])[],
): Promise<readonly MetricObject[]> {
  const [only, ...others] = collected;
  if (only !== undefined && others.length === 0) return only;
  const sums = await AggregatorRegistry.aggregate(collected as object[][]).getMetricsAsJSON();
  return withExemplars(sums as unknown as MetricObject[], collected);
}

/** prom-client leaves exemplars out of sums. */
function withExemplars(
  sums: readonly MetricObject[],
  collected: readonly (readonly MetricObject[])[],
): MetricObject[] {
  const exemplars = new Map<string, Exemplar>();
  for (const { name, values } of collected.flat()) {
    for (const value of values) {
      if (value.exemplar !== undefined) exemplars.set(keyOf(name, value), value.exemplar);
    }
  }
  if (exemplars.size === 0) return [...sums];
  return sums.map((metric) => ({
    ...metric,
    values: metric.values.map((value) => {
      const exemplar = exemplars.get(keyOf(metric.name, value));
      return exemplar === undefined ? value : { ...value, exemplar };
    }),
  }));
}

function keyOf(name: string, { metricName = name, labels }: MetricValue): string {
  return JSON.stringify([metricName, Object.entries(labels).toSorted()]);
}
