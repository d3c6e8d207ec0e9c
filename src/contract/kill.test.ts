import { runKillTrial } from '../test-support/kill-trial.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

it('loses no acknowledged write and keeps no incomplete one in 10 kills', async () => {
  using folder = temporaryFolder();
  const { acknowledged, problems } = await runKillTrial({
    store: folder.file('people.db'),
    signal: 'SIGKILL',
    rounds: 10,
    // At another moment in each round, beginning with the first write.
    writes: (round) => round * 16,
  });
  expect(problems).toEqual([]);
  expect(acknowledged).toBeGreaterThan(500);
}, 120_000);
