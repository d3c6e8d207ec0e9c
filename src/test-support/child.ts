import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A line of a program's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** All that it wrote. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that a test has started. The end of the scope kills it. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Resolves once the process has ended and its output is read; never rejects. */
  readonly exited: Promise<Exit>;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of standard output so far. */
  readonly lines: readonly string[];
  /** Resolves with `lines` once there are that many, or the process has ended. */
  until(count: number): Promise<readonly string[]>;
  /** Resolves with the first log line, past or to come, that matches; rejects if it ends first. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends the signal, and resolves once the process has ended. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

/** Follows a process. Standard output and standard error are read if they are pipes. */
export function watchChild(child: ChildProcess): Child {
  const output = { stdout: '', stderr: '' };
  const lines: string[] = [];
  const logLines: LogLine[] = [];
  let parsedLines = 0;
  const waiting = new Set<() => void>();
  let ended = false;
  const changed = (): void => {
    for (const look of waiting) look();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  if (child.stdout !== null) {
    createInterface(child.stdout).on('line', (text) => {
      lines.push(text);
      changed();
    });
  }
  const exited = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => {
      ended = true;
      changed();
      resolve({ code, signal, ...output });
    });
  });
  // A program that cannot be started: 'close' follows.
  child.on('error', ({ message }) => (output.stderr += message));

  function findLogLine(matches: (line: LogLine) => boolean): LogLine | undefined {
    for (; parsedLines < lines.length; parsedLines += 1) {
      const text = lines[parsedLines] ?? '';
      if (text.startsWith('{')) logLines.push(JSON.parse(text) as LogLine);
    }
    return logLines.find(matches);
  }

  /** Resolves with the first result of `look` that is not undefined; looks after each line. */
  function seen<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const attempt = (): void => {
        const found = look();
        if (found !== undefined) resolve(found);
        else if (ended) reject(new Error(`the process ended before that: ${output.stderr}`));
        else return;
        waiting.delete(attempt);
      };
      waiting.add(attempt);
      attempt();
    });
  }

  const kill = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    exited,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    lines,
    until: (count) => seen(() => (lines.length >= count || ended ? lines : undefined)),
    line: (matches) => seen(() => findLogLine(matches)),
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill('SIGKILL');
    },
  };
}
