import type { Log } from './log.js';

/** How long the server may take to stop beyond its grace period before the process ends anyway. */
const STOP_SLACK_MS = 2000;

/** What is stopped. */
interface Stoppable {
  stop(): Promise<void>;
}

/**
 * Watches for errors that nothing catches: thrown in a callback, or the rejection of a promise that
 * nothing awaits. Node would end the process there, and the calls under way would be lost. Instead
 * the error is logged, the server stops, and the process exits with 1. A program that has its own
 * listener for `uncaughtException` decides itself. The returned function ends the watch.
 */
export function stopOnUncaughtErrors(
  server: Stoppable,
  log: Pick<Log, 'fatal' | 'close'>,
  graceMs = 10_000,
): () => void {
  let stopping = false;
  const onError = (error: unknown): void => {
    if (process.listenerCount('uncaughtException') > watches) return;
    log.fatal({ err: error }, 'an error was thrown outside of every call; the server stops');
    if (stopping) return;
    stopping = true;
    setTimeout(exit, graceMs + STOP_SLACK_MS).unref();
    void server
      .stop()
      .then(() => log.close())
      .then(exit, exit);
  };
  watches += 1;
  process.on('uncaughtException', onError);
  return () => {
    if (stopping || !process.listeners('uncaughtException').includes(onError)) return;
    watches -= 1;
    process.off('uncaughtException', onError);
  };
}

/** How many servers of this process watch. */
let watches = 0;

/** What else runs in the process after such an error may never end. */
function exit(): void {
  process.exit(1);
}
