import { spawn } from 'node:child_process';
import { watchChild } from '../../src/test-support/child.js';
import { cleanEnvironment } from './run-program.js';

/** A server that a console block starts. */
export interface BlockServer {
  /** HOST:PORT, with the host that the block names. */
  readonly address: string;
  /** Replaces the address in the block with that. */
  readonly addressed: (text: string) => string;
  readonly stop: () => Promise<void>;
}

/** Whether the command runs a server: a reader goes on in another terminal. */
export function startsServer(command: string): boolean {
  return command.startsWith('personguide serve ');
}

/** Runs a script whose last command is a server, on a free port, and waits until it listens. */
export async function startBlockServer(script: string, cwd: string): Promise<BlockServer> {
  const onFreePort = script
    .replaceAll(/(--listen [\w.]+):\d+/g, '$1:0')
    .replace('personguide serve', 'exec personguide serve');
  const server = watchChild(spawn('sh', ['-c', onFreePort], { cwd, env: cleanEnvironment(cwd) }));
  const { addresses } = await server.line(({ msg }) => msg === 'listening');
  const [address = ''] = addresses as string[];
  return {
    address,
    addressed: (text) => text.replaceAll(/\b(localhost|127\.0\.0\.1):50051\b/g, address),
    stop: async () => {
      await server.kill('SIGTERM');
    },
  };
}
