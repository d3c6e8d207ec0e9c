import { Command, InvalidArgumentError } from 'commander';
import { connect } from '../../src/index.js';
import { startServerProcess, type ServerProcess } from '../../src/test-support/program.js';
import { startCluster, type Cluster } from './cluster.js';
import { compare, type Comparison } from './ledger.js';
import { importPeople, type ImportFlags } from './import.js';
import { startLoad, type LoadResult } from './load.js';
import { followInReplica, type ReplicaFlags } from './replica.js';

/**
 * `npm run scale`: three servers on a PostgreSQL primary with a synchronous standby. While clients
 * read and write, one server is killed, one is stopped, and then the primary is killed and the
 * standby promoted. Prints a table; the exit code is 1 if an acknowledged write was lost, a write
 * was done twice, or a read failed while a server ended.
 */
async function main(seconds: number): Promise<void> {
  const cluster = await startCluster();
  const servers = await Promise.all(
    [1, 2, 3].map(() => startServerProcess(['--store', cluster.url])),
  );
  try {
    const result = await runLoad(cluster, servers, (seconds * 1000) / 4);
    const comparison = await compare(cluster.writableUrl(), result.acknowledged);
    print(servers, result, comparison);
    process.exitCode = isFine(result, comparison) ? 0 : 1;
  } finally {
    await Promise.all(servers.map((server) => server.kill('SIGKILL')));
    await cluster.stop();
  }
}

async function runLoad(
  cluster: Cluster,
  servers: readonly ServerProcess[],
  phaseMs: number,
): Promise<LoadResult> {
  const [first, second] = servers;
  const directory = connect(
    servers.map(({ address }) => address),
    { retry: { maxAttempts: 8 }, timeoutMs: 30_000 },
  );
  await directory.people.recordPersons([{ name: 'first', phones: [{ number: '1' }] }]);
  const load = startLoad(directory);
  await wait(phaseMs);
  load.startPhase('a server is killed (SIGKILL)');
  await first?.kill('SIGKILL');
  await wait(phaseMs);
  load.startPhase('a server is stopped (SIGTERM)');
  void second?.kill('SIGTERM');
  await wait(phaseMs);
  load.startPhase('the primary is killed, the standby promoted');
  await cluster.failOver();
  await wait(phaseMs);
  const result = await load.stop();
  directory.close();
  return result;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(
  servers: readonly ServerProcess[],
  { phases, acknowledged, errors }: LoadResult,
  { found, lost, duplicates }: Comparison,
): void {
  console.table(
    phases.map((phase) => ({
      phase: phase.name,
      reads: phase.reads,
      writes: phase.writes,
      'failed reads': phase.failedReads,
      'failed writes': phase.failedWrites,
      'longest read gap, ms': Math.round(phase.longestReadGapMs),
      'longest write gap, ms': Math.round(phase.longestWriteGapMs),
    })),
  );
  const calls = servers.map(
    ({ lines }) => lines.filter((line) => line.includes('"method"')).length,
  );
  console.log(`calls per server: ${calls.join(', ')}`);
  console.log(`writes acknowledged: ${acknowledged.size}, found: ${found - 1}`);
  console.log(`acknowledged writes lost: ${lost.length}, duplicates: ${duplicates.length}`);
  console.log(`errors that reached a caller after retries: ${errors.length}`);
  for (const line of [...lost, ...duplicates, ...new Set(errors)].slice(0, 20)) console.log(line);
}

function isFine({ phases, acknowledged }: LoadResult, { lost, duplicates }: Comparison): boolean {
  const serverPhases = phases.slice(0, 3);
  const failedReads = serverPhases.reduce((sum, phase) => sum + phase.failedReads, 0);
  const worked = phases.every(({ reads, writes }) => reads > 0 && writes > 0);
  return worked && acknowledged.size > 0 && failedReads + lost.length + duplicates.length === 0;
}

function positive(text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('must be above 0');
}

function whole(text: string): number {
  if (Number.isSafeInteger(Number(text)) && Number(text) >= 0) return Number(text);
  throw new InvalidArgumentError('must be a whole number');
}

const program = new Command('scale')
  .description('several servers on PostgreSQL, which fail one after another under load')
  .option('--seconds <number>', 'how long clients read and write', positive, 20)
  .action(async ({ seconds }: { seconds: number }) => main(seconds));

program
  .command('replica')
  .description('a replica follows random changes while the server is killed and the connection cut')
  .option('--people <number>', 'people at the start', whole, 100_000)
  .option('--changes <number>', 'random changes', whole, 10_000)
  .option('--kills <number>', 'how often the server is killed', whole, 3)
  .option('--cuts <number>', 'how often the connection is cut', whole, 5)
  .action(async (plan: ReplicaFlags) => followInReplica(plan));

program
  .command('import')
  .description('people are imported while the server and the client are killed')
  .option('--people <number>', 'people to import', whole, 1_000_000)
  .option('--kills <number>', 'how often each of the two is killed', whole, 2)
  .action(async (plan: ImportFlags) => importPeople(plan));

void program.parseAsync();
