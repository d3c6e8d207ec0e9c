import {
  openLog,
  startServer,
  type Log,
  type RunningServer,
  type ServerOptions,
} from 'personguide/server';

/** What all `serve` commands are told. */
export interface ServeOptions {
  /** HOST:PORT, one or more. */
  readonly listen: readonly string[];
  /** Allow addresses beyond loopback; the companions speak plain text. */
  readonly insecure?: boolean;
  /** What to log on standard output: `info` (default) has a line for each call, `silent` none. */
  readonly logLevel?: string;
  /** Stop when the standard input ends, too: how a child learns that its parent is gone. */
  readonly untilInputEnds?: boolean;
}

/** A server with a log on standard output, which stop() closes with it. */
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

/** Starts a server and stops it at SIGTERM or SIGINT; a second signal does not wait. */
export async function serveUntilSignal(
  start: () => Promise<Pick<RunningServer, 'stop' | 'stopNow'>>,
  { untilInputEnds = false }: Pick<ServeOptions, 'untilInputEnds'> = {},
): Promise<void> {
  const starting = start();
  let asked = 0;
  const toStop = new Promise<void>((resolve) => {
    const ask = (): void => {
      asked += 1;
      if (asked > 1) {
        void starting.then((server) => {
          server.stopNow();
        });
      }
      resolve();
    };
    process.on('SIGTERM', ask).on('SIGINT', ask);
    if (untilInputEnds) process.stdin.resume().once('end', ask).once('error', ask);
  });
  try {
    const server = await starting;
    await toStop;
    await server.stop();
  } finally {
    // An input that is still open would keep the process.
    process.stdin.destroy();
  }
}
