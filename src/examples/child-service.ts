import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StartError } from 'personguide/server';

/** The fields of a server's log line that are used here. */
export interface LogLine {
  readonly msg: string;
  readonly addresses?: readonly string[];
  readonly method?: string;
  readonly status?: string;
  readonly requestId?: string;
  readonly traceparent?: string;
}

/** A server in a child process, which ends when this process does. */
export interface ChildService {
  readonly name: string;
  /** The first address it listens on. */
  readonly address: string;
  /** Resolves with the exit code once the process has exited; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Resolves with the first matching line of the log, past or future; rejects if it exits first. */
  waitForLine(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends SIGTERM and waits for the exit. Rejects unless the exit code is 0. */
  stop(): Promise<void>;
  /** The same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Sends SIGKILL and waits for the exit. */
  kill(): Promise<void>;
}

/** How to start a child process. */
export interface ChildOptions {
  /** The arguments after `serve`. */
  readonly args?: readonly string[];
  /** Called with each line of the log. */
  readonly onLine?: (text: string) => void;
}

/** How many lines are kept for waitForLine(); a server that runs for long logs without limit. */
const MAX_LINES = 10_000;

/**
 * Starts `example NAME serve` in a child process, and resolves once it listens. Rejects with a
 * StartError that contains its error output if it exits before that.
 */
export async function startChild(name: string, options: ChildOptions = {}): Promise<ChildService> {
  const { args = [], onLine } = options;
  const child = spawn(
    process.execPath,
    [mainFile(), name, 'serve', '--until-input-ends', ...args],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let errorOutput = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errorOutput += text));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const log = followLog(child, exited, onLine);
  const listening = await log.waitForLine(({ msg }) => msg === 'listening').catch(() => undefined);
  const address = listening?.addresses?.[0];
  if (address === undefined) throw new StartError(`${name} did not start: ${errorOutput.trim()}`);
  return { name, address, exited, ...log, ...stopMethods(name, child, exited) };
}

/** The built program, whether this file runs in dist/src/examples or in src/examples. */
function mainFile(): string {
  const built = join(__dirname, 'main.js');
  return existsSync(built) ? built : join(__dirname, '../../dist/src/examples/main.js');
}

function followLog(
  child: ChildProcess,
  exited: Promise<unknown>,
  onLine?: (text: string) => void,
): Pick<ChildService, 'waitForLine'> {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  if (child.stdout === null) throw new TypeError('the child has no standard output');
  createInterface(child.stdout).on('line', (text) => {
    onLine?.(text);
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    if (lines.length > MAX_LINES) lines.shift();
    for (const check of waiting) check(line);
  });
  return {
    waitForLine: (matches) =>
      new Promise((resolve, reject) => {
        const check = (line: LogLine): void => {
          if (!matches(line)) return;
          waiting.delete(check);
          resolve(line);
        };
        const past = lines.find(matches);
        if (past !== undefined) {
          resolve(past);
          return;
        }
        waiting.add(check);
        void exited.then(() => {
          reject(new Error('the server exited before it logged a matching line'));
        });
      }),
  };
}

function stopMethods(
  name: string,
  child: ChildProcess,
  exited: Promise<number | null>,
): Pick<ChildService, 'stop' | 'kill' | typeof Symbol.asyncDispose> {
  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const code = await exited;
    if (code !== 0) throw new Error(`${name} exited with code ${String(code)}`);
  }
  return {
    stop,
    [Symbol.asyncDispose]: stop,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
