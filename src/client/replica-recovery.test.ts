import { runReplicaTrial } from '../test-support/replica-trial.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

it('equals the directory after kills of the server and cuts of the connection', async () => {
  using folder = temporaryFolder();
  const plan = { people: 3000, changes: 1000, kills: 2, cuts: 3 };
  const report = await runReplicaTrial({ store: folder.file('people.db'), ...plan });
  expect(report).toMatchObject({ different: 0, differentByChanges: 0, repeated: 0 });
  expect(report.people).toBeGreaterThan(3000);
  expect(report.interruptions).toBeGreaterThanOrEqual(3);
}, 120_000);
