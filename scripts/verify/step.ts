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

/** Runs steps in order, `width` at a time; prints a line for each, and adds up their counts. */
export async function runSteps(steps: readonly Step[], width = 1): Promise<Required<Count>> {
  const left = [...steps];
  const counts: Count[] = [];
  const worker = async (): Promise<void> => {
    for (let step = left.shift(); step !== undefined; step = left.shift()) {
      counts.push(await runStep(step));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return sumOf(counts);
}

/** Adds up counts. */
export function sumOf(counts: readonly Count[]): Required<Count> {
  const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    passed: sum(counts.map(({ passed }) => passed)),
    failed: sum(counts.map(({ failed }) => failed)),
    skipped: sum(counts.map(({ skipped = 0 }) => skipped)),
    notes: counts.flatMap(({ notes = [] }) => notes),
  };
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
