import { setTimeout as sleep } from 'node:timers/promises';
import type { PreparedCase } from './case.js';
import { EVERYONE, LIST_PERSONS, loadPeople, prepareListPersons } from './people-cases.js';
import { prepareGetPhone } from './unary-cases.js';
import { compete, type Result, type Rounds } from './measure.js';
import { residentMiB, type RunningServer } from './processes.js';
import { stall } from './raw-client.js';
import { startLoaded, type Workspace } from './servers.js';

/** The results of one server with that many people. */
export interface GrowthPoint {
  readonly server: string;
  readonly people: number;
  readonly getPhone: Result;
  readonly listPersons: Result;
  /** After loading and before reading. The product was restarted in between. */
  readonly residentMiB: number;
  /** What a ListPersons reader that stops reading after the first data adds. */
  readonly stalledMiB: number;
}

export interface GrowthPlan extends Rounds {
  readonly servers: readonly string[];
  readonly peopleSteps: readonly number[];
  readonly calls: number;
}

/** How long a reader stalls, for each second of a round. */
const STALL_MS_PER_SECOND = 3_000;
const STALL_SAMPLE_MS = 50;

/** Measures all servers at each step, in turns, and yields the points of a step together. */
export async function* grow(
  workspace: Workspace,
  { servers, peopleSteps, calls, ...rounds }: GrowthPlan,
): AsyncGenerator<GrowthPoint[]> {
  for (const people of peopleSteps) {
    const running: RunningServer[] = [];
    for (const name of servers) {
      running.push(
        await startLoaded(workspace, name, `growth-${people}.db`, (port) =>
          loadPeople(port, people),
        ),
      );
    }
    const resident = running.map(({ pid }) => residentMiB(pid));
    const stalled: number[] = [];
    for (const server of running) {
      stalled.push(await stalledMiB(server, rounds.seconds * STALL_MS_PER_SECOND));
    }
    const getPhone = await competeIn(running, rounds, ({ port }) =>
      prepareGetPhone([port], people, calls),
    );
    const listPersons = await competeIn(running, rounds, ({ port }) =>
      prepareListPersons(port, people),
    );
    for (const server of running) await server.stop();
    yield running.map(({ name }, index) => ({
      server: name,
      people,
      getPhone: at(getPhone, index),
      listPersons: at(listPersons, index),
      residentMiB: at(resident, index),
      stalledMiB: at(stalled, index),
    }));
  }
}

async function competeIn(
  servers: readonly RunningServer[],
  rounds: Rounds,
  prepare: (server: RunningServer) => Promise<PreparedCase>,
): Promise<Result[]> {
  const contestants = [];
  for (const server of servers) {
    contestants.push({ name: server.name, servers: [server], prepared: await prepare(server) });
  }
  const results = await compete(contestants, rounds);
  for (const { prepared } of contestants) prepared.close();
  return results;
}

/** How far the server's memory rises at most while a reader stalls. */
async function stalledMiB({ pid, port }: RunningServer, stallMs: number): Promise<number> {
  const beforeMiB = residentMiB(pid);
  const release = await stall(port, LIST_PERSONS, EVERYONE);
  let highestMiB = beforeMiB;
  for (let waitedMs = 0; waitedMs < stallMs; waitedMs += STALL_SAMPLE_MS) {
    await sleep(STALL_SAMPLE_MS);
    highestMiB = Math.max(highestMiB, residentMiB(pid));
  }
  release();
  return highestMiB - beforeMiB;
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no value at ${index}`);
  return value;
}
