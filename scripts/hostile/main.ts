import { Command } from 'commander';
import { runGroup, type Judging } from './run-trial.js';
import { groups } from './trials/index.js';
import type { TrialGroup } from './trial.js';

interface Flags {
  readonly short?: boolean;
  readonly only?: string;
  readonly list?: boolean;
}

const STRICT: Judging = { patience: 1, plain: true };
/** A machine that tests has other work to do: times say little there. */
const LENIENT: Judging = { patience: 20, plain: false };

/**
 * `npm run hostile`: attacks a server on loopback, one trial after the other. Prints a line for each
 * with the server's memory before and at most, and what 99 % of another client's calls took. The exit
 * code is 1 if a trial failed.
 */
async function main({ short = false, only, list = false }: Flags): Promise<void> {
  const startedMs = Date.now();
  let passed = 0;
  let failed = 0;
  for (const group of chosen(short, only)) {
    console.log(`\n${group.title}`);
    if (list) {
      for (const { name } of group.trials) console.log(`       ${name}`);
      continue;
    }
    for await (const { name, problems, figures } of runGroup(group, short ? LENIENT : STRICT)) {
      const isPassed = problems.length === 0;
      if (isPassed) passed += 1;
      else failed += 1;
      const rest = figures === '' ? '' : `: ${figures}`;
      console.log(`${isPassed ? 'ok    ' : 'FAILED'} ${name}${rest}`);
      for (const problem of problems) console.log(`       ${problem}`);
    }
  }
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  console.log(`\n${passed} trials passed, ${failed} failed, in ${seconds} s`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function chosen(short: boolean, only: string | undefined): TrialGroup[] {
  return groups
    .map((group) => ({
      ...group,
      trials: group.trials.filter(
        (trial) =>
          (!short || trial.short === true) &&
          (only === undefined || `${group.title}: ${trial.name}`.includes(only)),
      ),
    }))
    .filter(({ trials }) => trials.length > 0);
}

void new Command('hostile')
  .description('attacks a server on this machine and checks what it keeps meanwhile')
  .option('--short', 'only the trials that are part of npm test')
  .option('--only <text>', 'only trials whose heading or name contains the text')
  .option('--list', 'print the trials and run none')
  .action(main)
  .parseAsync();
