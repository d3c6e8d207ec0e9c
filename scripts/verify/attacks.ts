import { shell, type Count } from './step.js';

/** Fewer trials mean that some were not found. */
const MIN_TRIALS = 100;

/** Attacks a server in the short form of `npm run hostile`; each trial counts. */
export async function attacks(): Promise<Count> {
  const { output } = await shell('node dist/scripts/hostile/main.js --short');
  const [, passed, failed] = /^(\d+) trials passed, (\d+) failed/m.exec(output) ?? [];
  if (Number(passed) + Number(failed) >= MIN_TRIALS) {
    if (failed !== '0') console.log(output);
    return {
      passed: Number(passed),
      failed: Number(failed),
      notes: [`${passed} attacks survived`],
    };
  }
  throw new Error(output);
}
