import { execFile, type ExecFileException } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';

/** Where and how a program runs. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 120_000;

/**
 * Runs a program and resolves with its standard output. Rejects with everything that it printed if
 * it fails, or has not ended after two minutes.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: ProgramOptions,
): Promise<string> {
  // A program that does not end may ignore SIGTERM as well.
  const end = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  const options = { cwd, env: { ...cleanEnvironment(cwd), ...env }, ...end };
  return new Promise((resolveOutput, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolveOutput(stdout);
      } else {
        reject(new Error([`${program} ${args.join(' ')}`, why(error), stdout, stderr].join('\n')));
      }
    });
  });
}

function why({ killed, code }: ExecFileException): string {
  return killed === true ? `did not end within ${TIMEOUT_MS} ms` : `exit code ${code ?? 'none'}`;
}

/** As `runProgram`, for `node`. */
export function runNode(args: readonly string[], options: ProgramOptions): Promise<string> {
  return runProgram(process.execPath, args, options);
}

/** A binary of this repository's own dependencies. */
export function repositoryBin(name: string): string {
  return resolve('node_modules', '.bin', name);
}

/** Variables that `npm test` sets would point the programs of another folder to this one. */
export function cleanEnvironment(cwd: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|PERSONGUIDE_|NODE_OPTIONS$)/i.test(name),
  );
  const path = [join(cwd, 'node_modules', '.bin'), resolve('node_modules', '.bin')];
  return {
    ...Object.fromEntries(inherited),
    PATH: [...path, process.env['PATH']].join(delimiter),
  };
}
