import type { Log } from './log.js';

/** How often a warning that strangers can cause is logged. */
const INTERVAL_MS = 1000;

/** Logs a warning; `text` is one of a few constants. */
export type Warn = (details: object, text: string) => void;

/**
 * Logs warnings, at most one per second of each text; the next line has the number of those that
 * were left out, as `suppressed`.
 */
export function limitedWarning(log: Pick<Log, 'warn'>): Warn {
  const states = new Map<string, { nextMs: number; suppressed: number }>();
  return (details, text) => {
    const nowMs = performance.now();
    const state = states.get(text) ?? { nextMs: 0, suppressed: 0 };
    if (nowMs < state.nextMs) {
      state.suppressed += 1;
      return;
    }
    log.warn({ ...details, suppressed: state.suppressed }, text);
    states.set(text, { nextMs: nowMs + INTERVAL_MS, suppressed: 0 });
  };
}
