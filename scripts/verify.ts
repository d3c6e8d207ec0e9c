/**
 * `npm test`: checks everything that this repository promises, in one run. Prints a line for each
 * check, the number of contract cases for each engine, and `N passed, N failed, N skipped`. The exit
 * code is 1 if anything failed or did not run. `npm test -- imports docum` runs only the checks whose
 * names contain one of these texts.
 */
import { attacks } from './verify/attacks.js';
import { contractChecks } from './verify/contract.js';
import { exampleSteps } from './verify/examples.js';
import { documents } from './verify/documents.js';
import { importCircles } from './verify/import-circles.js';
import { importRules } from './verify/import-rules.js';
import { jestSuites } from './verify/jest.js';
import { packaging } from './verify/packaging.js';
import { runSteps, type Step } from './verify/step.js';

/** The longest ones first: two run at a time. */
const steps: readonly Step[] = [
  { name: 'eslint', command: 'eslint --max-warnings 0 .' },
  ...contractChecks,
  { name: 'package-lock.json is complete', command: 'node scripts/lockfile.mjs --check' },
  { name: 'the page has no type errors', command: 'tsc -p src/web/page' },
  { name: 'prettier', command: 'prettier --check --log-level warn .' },
  { name: 'imports go one way', run: importRules },
  { name: 'imports form no circle', run: importCircles },
  { name: 'jest', run: jestSuites },
  {
    name: 'servers and the database fail under load',
    command: 'node dist/scripts/scale/main.js --seconds 6',
  },
  { name: 'attacks', run: attacks },
  { name: 'npx runs the program of this folder', command: 'npx personguide --version' },
  { name: 'packages, as consumers use them', run: packaging },
  { name: 'documents', run: documents },
  ...exampleSteps,
];

/** Tests wait much for disks, timers and processes: others can use the time. */
const STEPS_AT_A_TIME = 2;

async function main(texts: readonly string[]): Promise<void> {
  const startedMs = Date.now();
  const chosen = steps.filter(
    ({ name }) => texts.length === 0 || texts.some((text) => name.includes(text)),
  );
  const { passed, failed, skipped, notes } = await runSteps(chosen, STEPS_AT_A_TIME);
  console.log(`\n${Math.round((Date.now() - startedMs) / 1000)} s`);
  for (const note of notes) console.log(note);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

void main(process.argv.slice(2));
