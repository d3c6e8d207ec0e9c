import type { Health } from './health.js';
import type { Log } from './log.js';

/** A failed check turns health NOT_SERVING within two seconds: one between checks, one for a check. */
const CHECK_EVERY_MS = 1000;
const CHECK_TIMEOUT_MS = 900;

/**
 * Runs the check once a second and sets the health to its outcome, until the returned function is
 * called. A check that does not settle within 900 ms has failed. Each change is logged once.
 */
export function watchCheck(
  check: (signal: AbortSignal) => Promise<void>,
  health: Health,
  log: Pick<Log, 'info' | 'error'>,
): () => void {
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function checkOnce(): Promise<void> {
    const error = await failureOf(check);
    if (stopped) return;
    health.set(error === undefined);
    if (error !== undefined && !failing) log.error({ err: error }, 'cannot serve calls');
    if (error === undefined && failing) log.info('can serve calls again');
    failing = error !== undefined;
    schedule();
  }

  function schedule(): void {
    timer = setTimeout(() => void checkOnce(), CHECK_EVERY_MS);
    // A server that is not stopped keeps its process alive by listening, not by this timer.
    timer.unref();
  }

  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function failureOf(check: (signal: AbortSignal) => Promise<void>): Promise<unknown> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const timedOut = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error(`no result within ${CHECK_TIMEOUT_MS} ms`));
    });
  });
  // A check that has succeeded leaves this one to reject later.
  timedOut.catch(() => undefined);
  try {
    await Promise.race([check(signal), timedOut]);
    return undefined;
  } catch (error) {
    return error ?? new Error('the check failed');
  }
}
