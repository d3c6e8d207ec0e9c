import { runKillTrial, type KillPlan } from '../../../src/test-support/kill-trial.js';
import { runPowerCutTrial } from '../../../src/test-support/power-cut-trial.js';
import { temporaryFolder } from '../../../src/test-support/temporary-folder.js';
import type { TrialGroup } from '../trial.js';

/** Servers start and people are compared a hundred times. */
const LIMIT_MS = 20 * 60_000;

/** Each trial has servers and stores of its own; the one that is attacked elsewhere only waits. */
export const data: TrialGroup = {
  title: 'What was acknowledged',
  trials: [
    {
      name: '100 times kill -9 under load, at least 10,000 acknowledged writes',
      othersMs: 1000,
      limitMs: LIMIT_MS,
      run: () => kill({ signal: 'SIGKILL', rounds: 100, writes: (round) => 80 + round }, 10_000),
    },
    {
      name: '30 times SIGTERM under load',
      othersMs: 1000,
      limitMs: LIMIT_MS,
      run: () => kill({ signal: 'SIGTERM', rounds: 30, writes: (round) => 40 + round }, 1000),
    },
    {
      name: '400 simulated power cuts under load',
      othersMs: 1000,
      limitMs: LIMIT_MS,
      run: cutPower,
    },
  ],
};

async function kill(plan: Omit<KillPlan, 'store'>, minAcknowledged: number): Promise<string> {
  using folder = temporaryFolder();
  const { acknowledged, problems } = await runKillTrial({
    ...plan,
    store: folder.file('people.db'),
  });
  requireNone(problems);
  if (acknowledged < minAcknowledged) throw new Error(`${acknowledged} writes were acknowledged`);
  return `${acknowledged} acknowledged writes, 0 lost, 0 in part, 0 twice`;
}

async function cutPower(): Promise<string> {
  using folder = temporaryFolder();
  const report = await runPowerCutTrial({ folder: folder.path, cuts: 400, seed: Date.now() });
  requireNone(report.problems);
  const moments = Object.entries(report.moments).map(([moment, count]) => `${count} ${moment}`);
  return `${report.acknowledged} acknowledged writes, 0 lost; ${moments.join(', ')}`;
}

function requireNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.slice(0, 10).join('\n'));
}
