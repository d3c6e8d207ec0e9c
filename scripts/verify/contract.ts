import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustPass, type Step } from './step.js';

/** The contract and what is generated from it. */
export const contractChecks: readonly Step[] = [
  { name: 'gen/ is what buf generates', run: compareGenerated },
  { name: 'buf lint', command: 'buf lint' },
  { name: 'buf format', command: 'buf format --diff --exit-code' },
  {
    name: "buf breaking, against the tutorials' contract",
    command: 'buf breaking --against scripts/baseline/tutorials.json',
  },
];

async function compareGenerated(): Promise<undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'personguide-gen-'));
  try {
    await mustPass(`buf generate --output ${folder}`);
    await mustPass(`diff --recursive --brief gen ${join(folder, 'gen')}`);
  } finally {
    await rm(folder, { recursive: true });
  }
  return undefined;
}
