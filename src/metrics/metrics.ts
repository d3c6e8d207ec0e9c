import { CallMetrics } from './call-metrics.js';
import type { MetricObject } from './metric-object.js';
import { processMetrics, watchProcess } from './prometheus.js';
import { StoreMetrics } from './store-metrics.js';
import { Traffic } from './traffic.js';
import { buildInfo } from './version.js';

/** Returns metrics as they are now. */
export type MetricSource = () => readonly MetricObject[] | Promise<readonly MetricObject[]>;

/** All metrics of one server: counted in plain numbers, and put into their form when asked for. */
export class Metrics {
  readonly calls = new CallMetrics();
  readonly traffic = new Traffic();
  readonly #sources: MetricSource[] = [
    processMetrics,
    () => this.calls.collect(),
    () => this.traffic.collect(),
  ];
  #store: StoreMetrics | undefined;

  constructor() {
    watchProcess();
    const info = buildInfo();
    this.add(() => [info]);
  }

  /** Those of the store; there are none until this is first used. */
  get store(): StoreMetrics {
    if (this.#store === undefined) {
      const store = new StoreMetrics();
      this.#store = store;
      this.add(() => store.collect());
    }
    return this.#store;
  }

  /** Adds what only another part knows. */
  add(source: MetricSource): void {
    this.#sources.push(source);
  }

  /** The metrics of this process, as data that can be sent to another. */
  async collect(): Promise<MetricObject[]> {
    return (await Promise.all(this.#sources.map(async (source) => source()))).flat();
  }
}
