import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health.js';
import type { ChangeHub } from '../directory/change-hub.js';
import { isLoopback, parseHostPort } from '../host-port.js';
import type { Endpoint, MetricObject, Metrics } from '../metrics/index.js';
import type { Dispatcher, Service } from '../rpc/index.js';
import type { Health } from './health.js';
import { StartError } from './listen.js';
import type { Log } from './log.js';

type MetricsModule = typeof import('../metrics/index.js');

/** The metrics of a server, and the port where they are read. */
export interface ServedMetrics {
  readonly metrics: Metrics;
  /** HOST:PORT with the port taken. */
  readonly address: string;
  /** Sets what `/readyz` says; false until then. */
  isReady: () => boolean;
  close(): Promise<void>;
}

/** Other processes of a server, whose metrics are shown with those of this one. */
export interface MeasuredProcesses {
  readonly collect: () => Promise<readonly (readonly MetricObject[])[]>;
  /** Whether any of them serves calls. */
  readonly isReady: () => Promise<boolean>;
}

/**
 * Opens the port for metrics; undefined without an address. Warns if other machines can reach it.
 * Rejects with a StartError that names the address and the reason.
 */
export async function openMetrics(
  address: string | undefined,
  log: Pick<Log, 'info' | 'warn'>,
  others?: MeasuredProcesses,
): Promise<ServedMetrics | undefined> {
  if (address === undefined) return undefined;
  const at = parseHostPort(address, 'listen');
  if (at === undefined) throw cannotListen(address, 'it must be HOST:PORT');
  const { Metrics, openEndpoint } = loadMetrics();
  const metrics = new Metrics();
  let endpoint: Endpoint;
  const served: ServedMetrics = {
    metrics,
    isReady: () => false,
    get address() {
      return endpoint.address;
    },
    close: () => endpoint.close(),
  };
  try {
    endpoint = await openEndpoint(at, {
      collect: async () => [await metrics.collect(), ...((await others?.collect()) ?? [])],
      isReady: () => others?.isReady() ?? served.isReady(),
    });
  } catch (error) {
    throw cannotListen(address, reasonOf(error as NodeJS.ErrnoException));
  }
  log.info({ address: endpoint.address }, 'metrics');
  if (!isLoopback(at.host)) {
    const text = '--metrics: everyone who can reach this address can read the metrics';
    log.warn({ address: endpoint.address }, text);
  }
  return served;
}

/** Counts for a server whose port for metrics is opened by another process. */
export function metricsOfWorker(): ServedMetrics {
  const { Metrics } = loadMetrics();
  return {
    metrics: new Metrics(),
    address: '',
    isReady: () => false,
    close: () => Promise.resolve(),
  };
}

/** What a server knows about itself. */
interface ServerParts {
  readonly services: readonly Service[];
  readonly dispatcher: Dispatcher;
  readonly health: Health;
  readonly log: Pick<Log, 'lostLines'>;
}

/** Counts the calls of a server, and makes its health and log metrics. */
export function countServer(
  served: ServedMetrics,
  { services, dispatcher, health, log }: ServerParts,
): void {
  const { metrics } = served;
  const { counter, gauge, sample } = loadMetrics();
  const isReady = (): boolean => health.get('') === ServingStatus.SERVING;
  served.isReady = isReady;
  metrics.calls.serve({ services, openCalls: () => dispatcher.calls });
  metrics.add(() => [
    gauge('personguide_serving', '1 while calls are served.', [sample(isReady() ? 1 : 0)], 'min'),
    counter('personguide_log_lines_lost_total', 'Log lines that could not be written.', [
      sample(log.lostLines?.() ?? 0),
    ]),
  ]);
}

/** Makes the number of those who watch people a metric. */
export function countWatchers({ metrics }: ServedMetrics, hub: ChangeHub): void {
  const { gauge, sample } = loadMetrics();
  metrics.add(() => [
    gauge('personguide_watchers', 'Open calls of WatchPersons.', [sample(hub.watchers)]),
  ]);
}

/** Loaded only when it is used: prom-client takes 30 ms. */
export function loadMetrics(): MetricsModule {
  // Not import(): jest cannot run it in CommonJS.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('../metrics/index.js') as MetricsModule;
}

function cannotListen(address: string, reason: string): StartError {
  return new StartError(`cannot listen on ${address} for metrics: ${reason}`);
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'the port is in use; give another --metrics';
    case 'EACCES':
      return 'permission denied; choose a port above 1023';
    default:
      return message;
  }
}
