import type { Config } from '../config.js';
import { startSdk } from '../tracing/sdk.js';
import { limitedWarning } from './limited-warning.js';
import type { Log } from './log.js';

/**
 * Starts the SDK of OpenTelemetry if the variables of the program ask for traces. Closing the log
 * that this returns sends the spans that are left first.
 */
export function withTraces(log: Log, { traces }: Pick<Config, 'traces'>): Log {
  if (traces === undefined) return log;
  const stopSdk = startSdk(traces, limitedWarning(log));
  const closeLog = log.close.bind(log);
  return Object.assign(log, { close: () => stopSdk().then(closeLog) });
}
