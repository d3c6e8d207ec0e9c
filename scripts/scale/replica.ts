import { connect } from '../../src/index.js';
import { startServerProcess } from '../../src/test-support/program.js';
import { runReplicaTrial, type ReplicaReport } from '../../src/test-support/replica-trial.js';
import { temporaryFolder } from '../../src/test-support/temporary-folder.js';
import { collectGarbage } from './garbage.js';

/** The options of the run. */
export interface ReplicaFlags {
  readonly people: number;
  readonly changes: number;
  readonly kills: number;
  readonly cuts: number;
}

/** Runs it, and prints what the replica had in the end and what a person takes in memory. */
export async function followInReplica(plan: ReplicaFlags): Promise<void> {
  using folder = temporaryFolder();
  const store = folder.file('people.db');
  const report = await runReplicaTrial({ store, ...plan });
  print(plan, report, await bytesPerPerson(store));
  const { different, differentByChanges, repeated } = report;
  process.exitCode = different + differentByChanges + repeated === 0 ? 0 : 1;
}

/** The heap that a replica of the store takes, per person. */
async function bytesPerPerson(store: string): Promise<number> {
  await using server = await startServerProcess(['--store', store]);
  await using directory = connect(server.address);
  await directory.waitForReady();
  const before = await usedBytes();
  using replica = directory.replica();
  await replica.ready;
  return ((await usedBytes()) - before) / replica.size;
}

async function usedBytes(): Promise<number> {
  await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function print(plan: ReplicaFlags, report: ReplicaReport, bytes: number): void {
  console.log(`${plan.changes} changes, ${plan.kills} kills of the server, ${plan.cuts} cuts`);
  console.log(`people: ${report.people}, all of them in ${seconds(report.snapshotMs)} s`);
  console.log(
    `changes: ${seconds(report.changesMs)} s, with ${report.interruptions} interruptions`,
  );
  console.log(
    `different: ${report.different} in the replica, ${report.differentByChanges} by onChange`,
  );
  console.log(`versions that came twice: ${report.repeated}`);
  console.log(`memory: ${bytes.toFixed(0)} bytes per person`);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
