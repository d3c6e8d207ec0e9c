import { statSync } from 'node:fs';
import { DirectoryError } from '../../directory/errors.js';
import { temporaryFolder } from '../../test-support/temporary-folder.js';
import { closeDatabase, openDatabase } from './database.js';
import { watchFaults } from './faults.js';
import { prepareTrialWrite } from './trial-write.js';

const full = new DirectoryError('exhausted', 'full', { code: 'STORE_FULL' });
const damaged = new DirectoryError('unavailable', 'damaged', { code: 'STORE_DAMAGED' });

describe('faults of a store', () => {
  let written = 0;
  let problem: Error | undefined;

  async function tryWrite(): Promise<void> {
    if (problem !== undefined) throw problem;
    written += 1;
  }

  beforeEach(() => {
    written = 0;
    problem = undefined;
  });

  it('are reported by the next check, even if writes succeed again by then', async () => {
    const faults = watchFaults(tryWrite);
    await faults.check();
    faults.note(full);
    await expect(faults.check()).rejects.toBe(full);
    expect(written).toBe(0);
    await faults.check();
    await faults.check();
    expect(written).toBe(1);
  });

  it('last while the store cannot be written', async () => {
    const faults = watchFaults(tryWrite);
    faults.note(full);
    problem = full;
    for (let count = 0; count < 3; count += 1) await expect(faults.check()).rejects.toBe(full);
    problem = undefined;
    await faults.check();
  });

  it('last for ever if the store is damaged, whatever else fails', async () => {
    const faults = watchFaults(tryWrite);
    faults.note(damaged);
    faults.note(full);
    for (let count = 0; count < 3; count += 1) await expect(faults.check()).rejects.toBe(damaged);
    expect(written).toBe(0);
  });

  it('are not what callers cause', async () => {
    const faults = watchFaults(tryWrite);
    faults.note(new DirectoryError('already-exists', 'taken', { code: 'EMAIL_TAKEN' }));
    faults.note(new Error('unknown'));
    await faults.check();
    expect(written).toBe(0);
  });

  it('are over only when a write of 256 KiB succeeds, which changes nothing', async () => {
    using folder = temporaryFolder();
    const database = await openDatabase(folder.file('people.db'));
    const trial = prepareTrialWrite(database);
    const walBytes = (): number => statSync(folder.file('people.db-wal')).size;
    const before = walBytes();
    trial.insertTrial();
    trial.removeTrial();
    expect(walBytes() - before).toBeGreaterThan(256 * 1024);
    const { count } = database
      .prepare('select count(*) as count from idempotency_results')
      .get() as { count: number };
    expect(count).toBe(0);
    closeDatabase(database);
  });
});
