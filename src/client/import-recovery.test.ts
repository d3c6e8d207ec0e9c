import { runImportTrial } from '../test-support/import-trial.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

it('has everyone once and each fault once, although the server and the client are killed', async () => {
  using folder = temporaryFolder();
  const plan = { store: folder.file('people.db'), people: 40_000, kills: 2 };
  expect(await runImportTrial(plan)).toMatchObject({
    summary: { committed: 40_000, created: 39_960, faulty: 40 },
    missing: 0,
    doubled: 0,
    wrongFaults: 0,
  });
}, 120_000);
