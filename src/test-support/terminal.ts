import { spawn } from 'node:child_process';
import { watchChild, type Child } from './child.js';
import { PROGRAM } from './program.js';

/** A program in a terminal of its own. */
export interface TerminalProgram extends Child {
  /** Presses Ctrl+C. */
  interrupt(): void;
}

/**
 * Runs the built program in a terminal. What it writes there is on standard output, with carriage
 * returns.
 */
export function runOnTerminal(args: readonly string[]): TerminalProgram {
  const command = [process.execPath, PROGRAM, ...args];
  // util-linux takes the command as one text, BSD as arguments.
  const scriptArgs =
    process.platform === 'darwin'
      ? ['-q', '/dev/null', ...command]
      : ['-qec', command.map(quoted).join(' '), '/dev/null'];
  const child = spawn('script', scriptArgs);
  const interrupt = (): void => void child.stdin.write('\u0003');
  return Object.assign(watchChild(child), { interrupt });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
