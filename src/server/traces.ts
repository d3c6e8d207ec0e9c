import type { Config } from '../config.js';
import { startSdk } from '../tracing/sdk.js';
import { limitedWarning } from './limited-warning.js';
import { openLog, type Log } from './log.js';

/**
 * Opens the log of a program that runs the server, and starts the SDK of OpenTelemetry if its
 * variables ask for traces. Closing the log sends the spans that are left first.
 */
export function openLogAndTraces({ logLevel, traces }: Pick<Config, 'logLevel' | 'traces'>): Log {
  const log = openLog(logLevel);
  if (traces === undefined) return log;
  const stopSdk = startSdk(traces, limitedWarning(log));
  const closeLog = log.close.bind(log);
  return Object.assign(log, { close: () => stopSdk().then(closeLog) });
}
