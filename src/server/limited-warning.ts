import type { Log } from './log.js';

/** How often a warning that strangers can cause is logged. */
const INTERVAL_MS = 1000;

/**
 * Logs warnings, at most one per second; the next line has the number of those that were left out,
 * as `suppressed`.
 */
export function limitedWarning(log: Pick<Log, 'warn'>): (details: object, text: string) => void {
  let nextMs = 0;
  let suppressed = 0;
  return (details, text) => {
    const nowMs = performance.now();
    if (nowMs < nextMs) {
      suppressed += 1;
      return;
    }
    log.warn({ ...details, suppressed }, text);
    nextMs = nowMs + INTERVAL_MS;
    suppressed = 0;
  };
}
