import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = resolve(__dirname, '../../dist/src/main.js');

/** A line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** All that it wrote. */
  readonly stdout: string;
  readonly stderr: string;
}

/** The compiled program, running. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** What is on standard output so far. */
  readonly stdout: string;
  /** Resolves with the first log line, past or to come, that matches; rejects if it exits first. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends the signal, and resolves once the process is gone. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

/** A server that listens. */
export interface ServerProcess extends Program {
  readonly addresses: readonly string[];
  /** The first of the addresses. */
  readonly address: string;
}

/** A folder of one test. */
export interface Folder extends Disposable {
  file(name: string): string;
}

/** Makes a folder that goes away at the end of the scope. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'personguide-test-'));
  return {
    file: (name) => join(path, name),
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Runs the compiled program with those arguments; no setting comes from this process. */
export function runProgram(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Program {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PERSONGUIDE'));
  return watch(
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
  const server = runProgram(['serve', ...listen, ...args], variables);
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

function watch(child: ChildProcess): Program {
  let stdout = '';
  let stderr = '';
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let gone = false;
  const changed = () => {
    for (const look of waiting) look();
  };
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
  createInterface(child.stdout).on('line', (text) => {
    stdout += `${text}\n`;
    if (text.startsWith('{')) lines.push(JSON.parse(text) as LogLine);
    changed();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => {
      gone = true;
      changed();
      resolve({ code, signal, stdout, stderr });
    });
  });
  const kill = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    exited,
    get stdout() {
      return stdout;
    },
    line: (matches) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find(matches);
          if (found !== undefined) resolve(found);
          else if (gone) reject(new Error(`the program ended without that line: ${stderr}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill('SIGKILL');
    },
  };
}
