import type { LogLine } from '../../test-support/child.js';
import { startServerProcess, type ServerProcess } from '../../test-support/program.js';

/** Starts a server with two processes. */
export function startTwo(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  return startServerProcess(['--processes', '2', ...args], variables);
}

/** A worker as the log announces it. */
export interface Worker {
  readonly worker: number;
  readonly pid: number;
}

/** The workers that have begun to serve so far, in that order. */
export function workersOf({ lines }: ServerProcess): Worker[] {
  return lines
    .filter((line) => line.includes('"a worker serves calls"'))
    .map((line) => JSON.parse(line) as Worker);
}

/** Resolves when a worker serves that is not among those. */
export async function newWorker(server: ServerProcess, known: readonly Worker[]): Promise<LogLine> {
  return server.line(
    ({ msg, pid }) => msg === 'a worker serves calls' && !known.some((each) => each.pid === pid),
  );
}

/** Resolves when there is no process with that id. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise(setImmediate);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
