/**
 * `npm test`: proves everything that this repository promises, in one run. Prints a line per
 * check and closes with `N passed, N failed`; exit code 1 if anything failed or did not run.
 */
import { contractChecks } from './verify/contract.js';
import { exampleSteps } from './verify/examples.js';
import { importRules } from './verify/import-rules.js';
import { jestSuites } from './verify/jest.js';
import { packaging } from './verify/packaging.js';
import { readme } from './verify/readme.js';
import { runSteps, type Step } from './verify/step.js';

const steps: readonly Step[] = [
  ...contractChecks,
  { name: 'package-lock.json is complete', command: 'node scripts/lockfile.mjs --check' },
  { name: 'prettier', command: 'prettier --check --log-level warn .' },
  { name: 'eslint', command: 'eslint --max-warnings 0 .' },
  { name: 'imports go one way', run: importRules },
  { name: 'jest', run: jestSuites },
  { name: 'packages, as consumers use them', run: packaging },
  { name: 'the README', run: () => readme() },
  ...exampleSteps,
];

async function main(): Promise<void> {
  const started = Date.now();
  const { passed, failed } = await runSteps(steps);
  console.log(`\n${Math.round((Date.now() - started) / 1000)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

void main();
