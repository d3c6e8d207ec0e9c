import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { watchChild, type Child, type LogLine } from './child.js';

const BUILT_BESIDE = resolve(__dirname, '../main.js');

/** The file of the built program; this file may be built, too. */
export const PROGRAM = existsSync(BUILT_BESIDE)
  ? BUILT_BESIDE
  : resolve(__dirname, '../../dist/src/main.js');

/** A server that listens. */
export interface ServerProcess extends Child {
  readonly addresses: readonly string[];
  /** The first of the addresses. */
  readonly address: string;
}

/** Runs the built program with those arguments; no setting comes from this process. */
export function runProgram(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Child {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PERSONGUIDE'));
  return watchChild(
    spawn(process.execPath, [PROGRAM, ...args], {
      env: { ...Object.fromEntries(inherited), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** Starts a server on a free port of the loopback, or on those of the arguments; waits for it. */
export async function startServerProcess(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  return waitUntilListening(runProgram(['serve', ...listen, ...args], variables));
}

/** Waits for a server that was started in another way. */
export async function waitUntilListening(server: Child): Promise<ServerProcess> {
  const { addresses } = await server.line(({ msg }) => msg === 'listening');
  const list = addresses as string[];
  return Object.assign(server, { addresses: list, address: list[0] ?? '' });
}

/** Whether a log line is that of a call of the method, such as `GetPhone`. */
export function isCall(method: string, status?: string): (line: LogLine) => boolean {
  return (line) =>
    String(line['method']).endsWith(`/${method}`) &&
    (status === undefined || line['status'] === status);
}
