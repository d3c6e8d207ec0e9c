import { runPowerCutTrial } from '../test-support/power-cut-trial.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

it('loses no acknowledged write and keeps no incomplete one in 20 simulated power cuts', async () => {
  using folder = temporaryFolder();
  const report = await runPowerCutTrial({ folder: folder.path, cuts: 20, seed: 1 });
  expect(report.problems).toEqual([]);
  expect(report.cuts).toBeGreaterThanOrEqual(20);
  expect(report.acknowledged).toBeGreaterThan(100);
}, 120_000);
