/**
 * One process of a server with several: the primary starts this module. Its log goes to standard
 * output, a pipe to the primary.
 */
import { receiveConnections } from '../listeners.js';
import { openLogOn, openLogWriter } from '../log.js';
import { metricsOfWorker, type ServedMetrics } from '../metrics.js';
import { openSharedStore, serveStore, type RunningDirectory } from '../run.js';
import { withTraces } from '../traces.js';
import { stopOnUncaughtErrors } from '../uncaught-errors.js';
import { PrimaryLink } from './primary-link.js';

let served: ServedMetrics | undefined;
let directory: RunningDirectory | undefined;
let isStopping = false;
let isHurried = false;

const primary = new PrimaryLink({
  state: async (withMetrics) => ({
    isReady: served?.isReady() ?? false,
    metrics: withMetrics ? ((await served?.metrics.collect()) ?? []) : [],
  }),
  stop: () => void stop(),
  stopNow: () => {
    isHurried = true;
    directory?.stopNow();
  },
});

// A terminal sends these to the primary, too, which then stops its workers.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('SIGTERM', () => {
  if (isStopping) directory?.stopNow();
  void stop();
});

/** Stops once; while the directory starts, as soon as it has. */
async function stop(): Promise<void> {
  isStopping = true;
  if (directory === undefined) return;
  const stopped = directory.stop();
  if (isHurried) directory.stopNow();
  await stopped;
  primary.disconnect();
}

async function start(): Promise<void> {
  const { worker, config, addresses } = await primary.started;
  const log = withTraces(openLogOn(openLogWriter(worker), config.logLevel, worker), config);
  if (config.metrics !== undefined) served = metricsOfWorker();
  const source = primary.connectionsAt(addresses);
  const listeners = receiveConnections(source, config, log, served?.metrics.traffic);
  const store = await openSharedStore(config, served);
  directory = await serveStore(listeners, store, config, log, served);
  stopOnUncaughtErrors(directory, log, config.shutdownGraceMs);
  if (isStopping) await stop();
}

start().catch(async (error: unknown) => {
  await primary.fail(error instanceof Error ? error.message : String(error));
  primary.disconnect();
});
