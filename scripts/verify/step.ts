import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** How many checks of a step passed, failed and were skipped. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped?: number;
  /** Lines for the end of the run. */
  readonly notes?: readonly string[];
}

/** One thing to verify: a shell command that must exit with 0, or a function. */
export interface Step {
  readonly name: string;
  readonly command?: string;
  /** Rejects if the check fails. Resolves with counts if it consists of several checks. */
  readonly run?: () => Promise<Count | undefined>;
}

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  /** Standard output and standard error, in the order in which they arrived. */
  readonly output: string;
}

/** Runs a shell command in the root of the repository, with its own binaries first on the path. */
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

/** Runs a command. Rejects with its output if it fails. */
export async function mustPass(command: string): Promise<string> {
  const { code, output } = await shell(command);
  if (code !== 0) throw new Error(`${command} (exit code ${code})\n${output}`);
  return output;
}

/** Runs steps one after the other, prints a line for each, and adds up their counts. */
export async function runSteps(steps: readonly Step[]): Promise<Required<Count>> {
  let total = { passed: 0, failed: 0, skipped: 0, notes: [] as readonly string[] };
  for (const step of steps) {
    const { passed, failed, skipped = 0, notes = [] } = await runStep(step);
    total = {
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
      notes: [...total.notes, ...notes],
    };
  }
  return total;
}

async function runStep({ name, command, run }: Step): Promise<Count> {
  const startedMs = Date.now();
  let count: Count;
  let problem = '';
  try {
    if (command !== undefined) await mustPass(command);
    count = (await run?.()) ?? { passed: 1, failed: 0 };
  } catch (error) {
    count = { passed: 0, failed: 1 };
    problem = error instanceof Error ? error.message : String(error);
  }
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  console.log(`${count.failed === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (problem !== '') console.log(problem.replace(/^/gm, '       '));
  return count;
}
