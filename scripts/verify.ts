/**
 * `npm test`: proves everything that this repository promises, in one run. Prints a line per
 * check and closes with `N passed, N failed`; exit code 1 if anything failed or did not run.
 */
import { contractChecks } from './verify/contract.js';
import { importRules } from './verify/import-rules.js';
import { jestSuites } from './verify/jest.js';
import { runStep, type Count, type Step } from './verify/step.js';

const steps: readonly Step[] = [
  ...contractChecks,
  { name: 'package-lock.json is complete', command: 'node scripts/lockfile.mjs --check' },
  { name: 'prettier', command: 'prettier --check --log-level warn .' },
  { name: 'eslint', command: 'eslint --max-warnings 0 .' },
  { name: 'imports go one way', run: importRules },
  { name: 'jest', run: jestSuites },
];

async function main(): Promise<void> {
  const started = Date.now();
  const total: Count = { passed: 0, failed: 0 };
  for (const step of steps) {
    const { passed, failed } = await runStep(step);
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`\n${Math.round((Date.now() - started) / 1000)} s`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

void main();
