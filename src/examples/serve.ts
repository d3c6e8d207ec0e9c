import {
  openLog,
  startServer,
  type Log,
  type RunningServer,
  type ServerOptions,
} from 'personguide/server';

/** The options of all `serve` commands. */
export interface ServeOptions {
  /** One or more addresses, as HOST:PORT. */
  readonly listen: readonly string[];
  /** Allow addresses beyond loopback; the companions do not use TLS. */
  readonly insecure?: boolean;
  /** The level of the log on standard output: `info` (default) logs each call, `silent` nothing. */
  readonly logLevel?: string;
  /** Also stop when standard input ends, so that a child process ends with its parent. */
  readonly untilInputEnds?: boolean;
}

/** Starts a server with a log on standard output; its stop() also closes the log. */
export async function startWithLog(
  options: Omit<ServerOptions, 'log'> & Pick<ServeOptions, 'logLevel'>,
  log: Log = openLog(options.logLevel ?? 'info'),
): Promise<RunningServer> {
  try {
    const server = await startServer({ ...options, log });
    const stop = async (): Promise<void> => {
      await server.stop();
      await log.close();
    };
    return { ...server, stop };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** Starts a server and stops it on SIGTERM or SIGINT; a second signal ends the grace period. */
export async function serveUntilSignal(
  start: () => Promise<Pick<RunningServer, 'stop' | 'stopNow'>>,
  { untilInputEnds = false }: Pick<ServeOptions, 'untilInputEnds'> = {},
): Promise<void> {
  const starting = start();
  let stopRequests = 0;
  const stopRequested = new Promise<void>((resolve) => {
    const requestStop = (): void => {
      stopRequests += 1;
      if (stopRequests > 1) {
        void starting.then((server) => {
          server.stopNow();
        });
      }
      resolve();
    };
    process.on('SIGTERM', requestStop).on('SIGINT', requestStop);
    if (untilInputEnds) {
      process.stdin.resume().once('end', requestStop).once('error', requestStop);
    }
  });
  try {
    const server = await starting;
    await stopRequested;
    await server.stop();
  } finally {
    // An open standard input would keep the process alive.
    process.stdin.destroy();
  }
}
