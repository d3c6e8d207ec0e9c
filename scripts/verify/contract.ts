import { join } from 'node:path';
import { onlyFrozenNamesBreakRules } from './frozen-names.js';
import { mustPass, type Step } from './step.js';
import { inTempFolder } from './temp-folder.js';

/** The contract and what is generated from it. */
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

function compareGenerated(): Promise<undefined> {
  return inTempFolder(async (folder) => {
    await mustPass(`buf generate --output ${folder}`);
    await mustPass(`diff --recursive --brief gen ${join(folder, 'gen')}`);
    return undefined;
  });
}
