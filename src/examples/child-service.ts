import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StartError } from 'personguide/server';

/** A line of a server's log, as far as it is looked at here. */
export interface LogLine {
  readonly msg: string;
  readonly addresses?: readonly string[];
  readonly method?: string;
  readonly status?: string;
  readonly requestId?: string;
  readonly traceparent?: string;
}

/** A server in a process of its own, which ends with this one. */
export interface ChildService {
  readonly name: string;
  /** The first address it listens on. */
  readonly address: string;
  /** Resolves once it has ended, with its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** The first line of its log that matches, past or still to come; rejects when it ends before. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends SIGTERM and waits for its end. Rejects if that is not a clean one. */
  stop(): Promise<void>;
  /** As `stop()`. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Ends it with SIGKILL, which leaves it no time for anything. */
  kill(): Promise<void>;
}

/** What to start a server with. */
export interface ChildOptions {
  readonly args?: readonly string[];
  /** Told each line of its log as it is. */
  readonly onLine?: (text: string) => void;
}

/** A log may go on for ever; whoever waits for a line is interested in the last ones. */
const LINES_KEPT = 10_000;

/**
 * Starts `example NAME serve` in a process of its own and resolves once it takes calls. Rejects
 * with what it says when it ends before that.
 */
export async function startChild(name: string, options: ChildOptions = {}): Promise<ChildService> {
  const { args = [], onLine } = options;
  const child = spawn(
    process.execPath,
    [mainFile(), name, 'serve', '--until-input-ends', ...args],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const log = followLog(child, ended, onLine);
  const listening = await log.logged(({ msg }) => msg === 'listening').catch(() => undefined);
  const address = listening?.addresses?.[0];
  if (address === undefined) throw new StartError(`${name} did not start: ${said.trim()}`);
  return { name, address, ended, ...log, ...enders(name, child, ended) };
}

/** The built program, from dist/src/examples or from src/examples. */
function mainFile(): string {
  const beside = join(__dirname, 'main.js');
  return existsSync(beside) ? beside : join(__dirname, '../../dist/src/examples/main.js');
}

function followLog(
  child: ChildProcess,
  ended: Promise<unknown>,
  onLine?: (text: string) => void,
): Pick<ChildService, 'logged'> {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  if (child.stdout === null) throw new TypeError('the child has no standard output');
  createInterface(child.stdout).on('line', (text) => {
    onLine?.(text);
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
    for (const look of waiting) look(line);
  });
  return {
    logged: (matches) =>
      new Promise((resolve, reject) => {
        const look = (line: LogLine): void => {
          if (!matches(line)) return;
          waiting.delete(look);
          resolve(line);
        };
        const past = lines.find(matches);
        if (past !== undefined) {
          resolve(past);
          return;
        }
        waiting.add(look);
        void ended.then(() => {
          reject(new Error('the server ended before it logged that'));
        });
      }),
  };
}

function enders(
  name: string,
  child: ChildProcess,
  ended: Promise<number | null>,
): Pick<ChildService, 'stop' | 'kill' | typeof Symbol.asyncDispose> {
  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`${name} ended with exit code ${String(code)}`);
  }
  return {
    stop,
    [Symbol.asyncDispose]: stop,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
