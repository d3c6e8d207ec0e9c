import { readFile } from 'node:fs/promises';
import { shell } from './step.js';

const BASELINE = 'scripts/baseline/lint.txt';

const EVERY_RULE = JSON.stringify({
  version: 'v2',
  modules: [{ path: 'proto' }],
  lint: { use: ['STANDARD', 'COMMENTS'] },
});

interface Finding {
  readonly path: string;
  readonly type: string;
  readonly message: string;
}

/**
 * Rejects unless `buf lint` without any exception finds exactly the lines of scripts/baseline/lint.txt.
 * `ignore_only` in buf.yaml turns a rule off for a whole file; this keeps it on for what is new there.
 */
export async function onlyFrozenNamesBreakRules(): Promise<undefined> {
  const { output } = await shell(`buf lint --config '${EVERY_RULE}' --error-format json`);
  const found = output.split('\n').filter((line) => line.startsWith('{'));
  const lines = found.map((line) => describe(JSON.parse(line) as Finding));
  const frozen = (await readFile(BASELINE, 'utf8')).split('\n').filter((line) => line !== '');
  const problems = [
    ...without(lines, frozen).map((line) => `new: ${line}`),
    ...without(frozen, lines).map((line) => `not found any more: ${line}`),
  ];
  if (problems.length === 0) return undefined;
  const advice = `${BASELINE} lists the names that clients already use; choose another name for a new one`;
  throw new Error([...problems, advice].join('\n'));
}

function describe({ path, type, message }: Finding): string {
  return `${path} ${type} ${message}`;
}

/** The lines that are not among `others`, each of which takes away one line. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
