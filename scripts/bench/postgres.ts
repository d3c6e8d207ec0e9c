import { queryPostgres } from '../../src/test-support/postgres.js';
import type { Case, Sizes } from './case.js';
import { CASES } from './cases.js';
import type { Comparison } from './compare.js';
import { prepareCopy } from './copy-rows.js';
import type { DatabaseServer } from './database-server.js';
import { compete, type Contestant, type Rounds } from './measure.js';
import { SECOND_SERVER_CORE, type RunningServer } from './processes.js';
import { ON_POSTGRES, ON_SQLITE, start, startLoaded, type Workspace } from './servers.js';

/** The same server on both engines, case by case. */
export interface EnginesResult {
  /** Of PostgreSQL. */
  readonly version: string;
  /** NaN where the system does not report them. */
  readonly cores: number;
  readonly comparisons: readonly Comparison[];
}

export interface EnginesPlan extends Rounds {
  /** Empty: all of ENGINE_CASES. */
  readonly cases: readonly string[];
  readonly sizes: Sizes;
}

/** Two servers on one database; takes part in GetPhone. */
export const TWO_SERVERS = 'PostgreSQL, two servers';
/** The same people without a server; takes part in RecordPersons. */
export const PLAIN_COPY = 'COPY';

const ENGINE_CASES = ['GetPhone', 'ListPersons', 'RecordPersons', 'AddUser', 'FindUser'];

const TIDY = 'vacuum (analyze) people, person_addresses, users';

/** Runs each case on servers and a schema of its own, and yields it when it is done. */
export async function* compareEngines(
  workspace: Workspace,
  database: DatabaseServer,
  plan: EnginesPlan,
): AsyncGenerator<Comparison> {
  const chosen = plan.cases.length > 0 ? plan.cases : ENGINE_CASES;
  for (const one of CASES) {
    if (chosen.includes(one.name)) yield await compareIn(one, workspace, database, plan);
  }
}

async function compareIn(
  one: Case,
  workspace: Workspace,
  database: DatabaseServer,
  { sizes, rounds, seconds }: EnginesPlan,
): Promise<Comparison> {
  const schema = await database.createSchema();
  const load = (port: number): Promise<void> | undefined => one.load?.(port, sizes);
  const onSqlite = await startLoaded(workspace, ON_SQLITE, `${one.name}-engines.db`, load);
  const onPostgres = await startLoaded(workspace, ON_POSTGRES, schema.url, load);
  await queryPostgres(schema.url, TIDY);
  const servers = [onSqlite, onPostgres];
  const databaseCpuMs = (): number => database.cpuMs();

  const contestants: Contestant[] = [];
  for (const server of servers) {
    const prepared = await one.prepare([server.port], sizes);
    const cpu = server === onPostgres ? { databaseCpuMs } : {};
    contestants.push({ name: server.name, servers: [server], prepared, ...cpu });
  }
  if (one.name === 'GetPhone') {
    const second = await start(workspace, ON_POSTGRES, schema.url, SECOND_SERVER_CORE);
    servers.push(second);
    contestants.push(await both(one, [onPostgres, second], sizes, databaseCpuMs));
  }
  if (one.name === 'RecordPersons') {
    const prepared = await prepareCopy(schema.url, sizes);
    contestants.push({ name: PLAIN_COPY, servers: [], prepared, databaseCpuMs });
  }

  const results = await compete(contestants, { rounds, seconds });
  for (const { prepared } of contestants) prepared.close();
  for (const server of servers) await server.stop();
  await schema.remove();
  return { name: one.name, unit: one.unit, setting: one.setting, results };
}

async function both(
  one: Case,
  [first, second]: readonly [RunningServer, RunningServer],
  sizes: Sizes,
  databaseCpuMs: () => number,
): Promise<Contestant> {
  const prepared = await one.prepare([first.port, second.port], sizes);
  return { name: TWO_SERVERS, servers: [first, second], prepared, databaseCpuMs };
}
