import { temporaryFolder } from '../../src/test-support/temporary-folder.js';
import { onlyFrozenNamesBreakRules } from './frozen-names.js';
import { mustPass, type Step } from './step.js';

/** Checks of the contract and of the code that is generated from it. */
export const contractChecks: readonly Step[] = [
  { name: 'gen/ is what buf generates', run: compareGenerated },
  { name: 'buf lint', command: 'buf lint' },
  { name: 'buf lint: exceptions for frozen names only', run: onlyFrozenNamesBreakRules },
  { name: 'buf format', command: 'buf format --diff --exit-code' },
  {
    name: "buf breaking, against the tutorials' contract",
    command: 'buf breaking --against scripts/baseline/tutorials.json',
  },
];

async function compareGenerated(): Promise<undefined> {
  using folder = temporaryFolder();
  await mustPass(`buf generate --output ${folder.path}`);
  await mustPass(`diff --recursive --brief gen ${folder.file('gen')}`);
  return undefined;
}
