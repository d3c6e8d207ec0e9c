import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { connect, type ImportPeopleProgress } from '../index.js';
import { watchChild, type Child } from './child.js';
import { PROGRAM } from './program.js';
import { startRestartableServer } from './restartable-server.js';

/** What happens during an import. */
export interface ImportPlan {
  readonly store: string;
  readonly people: number;
  /** How often the server and the importing client are killed, in turns. */
  readonly kills: number;
}

/** What an import has done in the end. */
export interface ImportReport {
  readonly summary: ImportPeopleProgress;
  /** People who are missing in the directory, and those who are there more than once. */
  readonly missing: number;
  readonly doubled: number;
  /** Faults that the last client did not report exactly once, or that are none. */
  readonly wrongFaults: number;
  readonly importMs: number;
  readonly maxResidentMiB: number;
}

/** Every how many people one is invalid. */
const FAULTY_EVERY = 997;

/** Whether the person at this place of an import is invalid. */
export function isFaulty(at: number): boolean {
  return at % FAULTY_EVERY === FAULTY_EVERY - 1;
}

const CLIENT = join(dirname(PROGRAM), 'test-support/import-client.js');

/** Imports people while the server and the client are killed, and looks at the directory then. */
export async function runImportTrial({ store, people, kills }: ImportPlan): Promise<ImportReport> {
  await using server = await startRestartableServer(store);
  const startClient = (): Child =>
    watchChild(spawn(process.execPath, [CLIENT, server.address, String(people), 'the-import']));
  const startMs = performance.now();
  let client = startClient();
  for (let kill = 1; kill <= 2 * kills; kill += 1) {
    const limit = (kill * people) / (2 * kills + 1);
    await client.line(({ committed }) => Number(committed) >= limit);
    if (kill % 2 === 1) {
      await server.restart();
    } else {
      await client.kill('SIGKILL');
      client = startClient();
    }
  }
  const { summary, maxResidentBytes } = await client.line((line) => 'summary' in line);
  const importMs = performance.now() - startMs;
  await client.exited;
  return {
    summary: summary as ImportPeopleProgress,
    ...(await examine(server.address, people)),
    wrongFaults: wrongFaults(client, people),
    importMs,
    maxResidentMiB: Number(maxResidentBytes) / 2 ** 20,
  };
}

async function examine(
  address: string,
  people: number,
): Promise<Pick<ImportReport, 'missing' | 'doubled'>> {
  await using directory = connect(address);
  const times = new Uint8Array(people);
  for await (const { name } of directory.people.listPersons({})) {
    const at = Number(name.slice('Person '.length));
    times[at] = (times[at] ?? 0) + 1;
  }
  return {
    missing: times.filter((count, at) => count === 0 && !isFaulty(at)).length,
    doubled: times.filter((count, at) => count > (isFaulty(at) ? 0 : 1)).length,
  };
}

function wrongFaults({ lines }: Child, people: number): number {
  const times = new Uint8Array(people);
  for (const line of lines) {
    const { faults = [] } = JSON.parse(line) as { faults?: number[] };
    for (const index of faults) times[index] = (times[index] ?? 0) + 1;
  }
  return times.filter((count, at) => count !== (isFaulty(at) ? 1 : 0)).length;
}
