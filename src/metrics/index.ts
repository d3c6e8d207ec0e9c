export { CounterTotals } from './counter-totals.js';
export { openEndpoint, type Endpoint, type EndpointSource } from './endpoint.js';
export { counter, gauge, sample, type MetricObject } from './metric-object.js';
export { Metrics, type MetricSource } from './metrics.js';
export { render } from './prometheus.js';
export type { Protocol, Traffic } from './traffic.js';
