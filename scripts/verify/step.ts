import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** How many things a step proved, and how many it found broken. */
export interface Count {
  passed: number;
  failed: number;
}

/** One thing to verify: a shell command that must exit with 0, or a function that counts. */
export interface Step {
  readonly name: string;
  readonly command?: string;
  /** Rejects with what is wrong, or resolves; with counts if it proves several things. */
  readonly run?: () => Promise<Count | undefined>;
}

/** What a command did. */
export interface Outcome {
  readonly code: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs a shell command in the project's root, its own binaries first on the path. */
export function shell(command: string, options: { echo?: boolean } = {}): Promise<Outcome> {
  const path = [join('node_modules', '.bin'), process.env['PATH']].join(delimiter);
  const child = spawn(command, { shell: true, env: { ...process.env, PATH: path } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (options.echo === true) process.stdout.write(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Runs a step and prints how it went. */
async function runStep({ name, command, run }: Step): Promise<Count> {
  const started = Date.now();
  let count: Count;
  let problem = '';
  try {
    if (command !== undefined) await mustPass(command);
    count = (await run?.()) ?? { passed: 1, failed: 0 };
  } catch (error) {
    count = { passed: 0, failed: 1 };
    problem = error instanceof Error ? error.message : String(error);
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${count.failed === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (problem !== '') console.log(problem.replace(/^/gm, '       '));
  return count;
}

/** Runs steps one after the other, and adds up what they count. */
export async function runSteps(steps: readonly Step[]): Promise<Count> {
  const total: Count = { passed: 0, failed: 0 };
  for (const step of steps) {
    const { passed, failed } = await runStep(step);
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

/** Runs a command; rejects with its output if it fails. */
export async function mustPass(command: string): Promise<string> {
  const { code, output } = await shell(command);
  if (code !== 0) throw new Error(`${command} (exit code ${code})\n${output}`);
  return output;
}
