import { startServerProcess, type ServerProcess } from './program.js';

/** A server process that a test kills and starts again at the same address, on the same store. */
export interface RestartableServer extends AsyncDisposable {
  readonly address: string;
  /** Kills it with SIGKILL, and resolves when the next process listens. */
  restart(): Promise<void>;
}

/** Starts a server on the store. */
export async function startRestartableServer(store: string): Promise<RestartableServer> {
  let server: ServerProcess = await startServerProcess(['--store', store]);
  const { address } = server;
  return {
    address,
    restart: async () => {
      await server.kill('SIGKILL');
      server = await startServerProcess(['--store', store, '--listen', address]);
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill('SIGKILL');
    },
  };
}
