import { runImportTrial, type ImportReport } from '../../src/test-support/import-trial.js';
import { temporaryFolder } from '../../src/test-support/temporary-folder.js';

/** The options of the run. */
export interface ImportFlags {
  readonly people: number;
  readonly kills: number;
}

/** Runs it, and prints what is in the directory then. */
export async function importPeople(plan: ImportFlags): Promise<void> {
  using folder = temporaryFolder();
  const report = await runImportTrial({ store: folder.file('people.db'), ...plan });
  print(plan, report);
  const { missing, doubled, wrongFaults } = report;
  process.exitCode = missing + doubled + wrongFaults === 0 ? 0 : 1;
}

function print({ people, kills }: ImportFlags, report: ImportReport): void {
  const { summary, missing, doubled, wrongFaults, importMs, maxResidentMiB } = report;
  const { committed, created, faulty } = summary;
  console.log(`${people} people, ${kills} kills of the server and ${kills} of the client`);
  console.log(`committed: ${committed}, created: ${created}, faulty: ${faulty}`);
  console.log(
    `missing: ${missing}, there twice: ${doubled}, faults not reported once: ${wrongFaults}`,
  );
  console.log(`${(importMs / 1000).toFixed(1)} s, ${perSecond(people, importMs)} people a second`);
  console.log(`resident memory of the last client: ${maxResidentMiB.toFixed(0)} MiB at most`);
}

function perSecond(people: number, ms: number): string {
  return Math.round((people / ms) * 1000).toLocaleString('en-US');
}
