import { context, propagation, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  NodeTracerProvider,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { RouteGuideDefinition } from '../../gen/routeguide/route_guide.js';
import { Metrics, render } from '../../src/metrics/index.js';
import { service } from '../../src/rpc/index.js';
import { traceCalls } from '../../src/tracing/server-spans.js';
import { microsPerCall } from './middleware.js';
import { spread, type Spread } from './statistics.js';

/** What metrics and traces add to a unary call, in microseconds of CPU. */
export interface ObservedResult {
  readonly metrics: Spread;
  /** Without an SDK. */
  readonly api: Spread;
  /** With an SDK that keeps no span. */
  readonly unsampled: Spread;
  /** With an SDK that keeps all spans, and exports none. */
  readonly sampled: Spread;
  /** Milliseconds of CPU for one scrape of these metrics. */
  readonly scrapeMs: Spread;
}

const SCRAPES = 50;

/** Measures unary calls without a transport, each way in each round. */
export async function measureObserved(rounds: number): Promise<ObservedResult> {
  const metrics = countedMetrics();
  const tracing = [traceCalls(() => true)];
  const ways = {
    metrics: () => microsPerCall([metrics.calls.middleware]),
    api: () => microsPerCall(tracing),
    unsampled: () => withSdk(new AlwaysOffSampler(), () => microsPerCall(tracing)),
    sampled: () => withSdk(new AlwaysOnSampler(), () => microsPerCall(tracing)),
  };
  const results: Record<keyof typeof ways, number[]> = {
    ...{ metrics: [], api: [], unsampled: [], sampled: [] },
  };
  const scrapes: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const none = await microsPerCall([]);
    for (const [name, measure] of Object.entries(ways)) {
      const micros = (await measure()) - none;
      // The first round warms up.
      if (round >= 0) results[name as keyof typeof ways].push(micros);
    }
    const scrapeMs = await measureScrape(metrics);
    if (round >= 0) scrapes.push(scrapeMs);
  }
  const spreads = Object.entries(results).map(([name, values]) => [name, spread(values)]);
  return {
    ...(Object.fromEntries(spreads) as Omit<ObservedResult, 'scrapeMs'>),
    scrapeMs: spread(scrapes),
  };
}

function countedMetrics(): Metrics {
  const metrics = new Metrics();
  const unused = (): never => {
    throw new Error('not called');
  };
  const handlers = { getFeature: unused, listFeatures: unused, recordRoute: unused };
  const services = [service(RouteGuideDefinition, { ...handlers, routeChat: unused })];
  metrics.calls.serve({ services, openCalls: () => [] });
  return metrics;
}

async function measureScrape(metrics: Metrics): Promise<number> {
  const started = process.cpuUsage();
  for (let scrape = 0; scrape < SCRAPES; scrape += 1) await render([await metrics.collect()]);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000 / SCRAPES;
}

async function withSdk<T>(
  sampler: AlwaysOffSampler | AlwaysOnSampler,
  work: () => Promise<T>,
): Promise<T> {
  const exportNothing: SpanProcessor = {
    onStart: () => undefined,
    onEnd: () => undefined,
    shutdown: async () => undefined,
    forceFlush: async () => undefined,
  };
  new NodeTracerProvider({ sampler, spanProcessors: [exportNothing] }).register();
  try {
    return await work();
  } finally {
    for (const registered of [trace, context, propagation]) registered.disable();
  }
}
