import { runPowerCutTrial } from '../test-support/power-cut-trial.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

it('loses no acknowledged write and keeps no incomplete one in 24 simulated power cuts', async () => {
  using folder = temporaryFolder();
  const report = await runPowerCutTrial({ folder: folder.path, cuts: 24, seed: 1 });
  expect(report.problems).toEqual([]);
  expect(report.cuts).toBe(24);
  expect(Math.min(...Object.values(report.moments))).toBeGreaterThan(0);
}, 120_000);
