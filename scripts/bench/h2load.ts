import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Shape } from './case.js';

/** What h2load did in one run. */
export interface H2loadRun {
  readonly calls: number;
  readonly wallMs: number;
}

/** Unary calls of h2load: the same one again and again. */
export interface H2loadPlan {
  readonly port: number;
  readonly path: string;
  readonly shape: Shape;
  /** A file with the framed request. */
  readonly requestFile: string;
  readonly seconds: number;
}

/** The shortest run: in 50 ms a busy server may send no response. */
const MIN_SECONDS = 0.5;

/** Whether there is an h2load, which is part of nghttp2. */
export const HAS_H2LOAD = spawnSync('h2load', ['--version']).status === 0;

/**
 * Runs h2load, on the core of this process. It costs a fifth of what a client in Node costs, and sees
 * no more of a response than its HTTP status: make sure before that the call succeeds.
 */
export async function runH2load(plan: H2loadPlan): Promise<H2loadRun> {
  const { port, path, shape, requestFile, seconds } = plan;
  const flags = [
    ...['--threads', '1', '--clients', String(shape.connections)],
    ...['--max-concurrent-streams', String(shape.streams)],
    ...['--duration', `${Math.max(seconds, MIN_SECONDS) * 1000}ms`, '--data', requestFile],
    ...['--header', 'content-type: application/grpc', '--header', 'te: trailers'],
  ];
  const child = spawn('h2load', [...flags, `http://127.0.0.1:${port}${path}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return readH2load(output);
}

/** Reads the report of h2load. Throws unless all responses had a status of 2xx. */
export function readH2load(output: string): H2loadRun {
  const count = (pattern: RegExp): number => Number(pattern.exec(output)?.[1]);
  const seconds = durationSeconds(/finished in ([\d.]+)(us|ms|s)\b/.exec(output));
  const calls = count(/\b(\d+) succeeded/);
  const failed = count(/\b(\d+) failed/) + count(/\b(\d+) errored/) + count(/\b(\d+) timeout/);
  if (!(calls > 0) || failed !== 0 || !(seconds > 0)) {
    throw new Error(`h2load failed:\n${output}`);
  }
  return { calls, wallMs: seconds * 1000 };
}

function durationSeconds(match: RegExpExecArray | null): number {
  const [, value, unit = ''] = match ?? [];
  return Number(value) * ({ us: 1e-6, ms: 1e-3, s: 1 }[unit] ?? NaN);
}
