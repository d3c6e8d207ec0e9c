import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '../../src/test-support/postgres-process.js';
import {
  createSchema,
  queryPostgres,
  type PostgresSchema,
} from '../../src/test-support/postgres.js';
import { childrenOf, cpuMs, parentOf, pinDatabase } from './processes.js';

/** The PostgreSQL server of a run. */
export interface DatabaseServer {
  readonly version: string;
  /** Whether this run has started it. */
  readonly own: boolean;
  /** CPU time of its processes so far; NaN if it runs on another machine. */
  cpuMs(): number;
  /** Creates an empty schema. */
  createSchema(): Promise<PostgresSchema>;
  /** Stops it, if this run has started it. */
  stop(): Promise<void>;
}

/** Of the times in /proc/PID/stat: 100 ticks a second on every Linux. */
const MS_PER_TICK = 10;

/** Uses the server of the URL, or else starts one with its default settings and its data in `parent`. */
export async function openDatabaseServer(
  url: string | undefined,
  parent: string,
): Promise<DatabaseServer> {
  if (url !== undefined) return describeServer(url, await findProcess(url));
  const started = await startPostgres({ parent });
  const [pid] = readFileSync(join(started.dataFolder, 'postmaster.pid'), 'utf8').split('\n');
  pinDatabase(Number(pid));
  return describeServer(started.url, Number(pid), () => started.stop());
}

async function describeServer(
  url: string,
  pid: number,
  stop?: () => Promise<void>,
): Promise<DatabaseServer> {
  const [row] = await queryPostgres(url, 'show server_version');
  return {
    version: (row as { server_version: string }).server_version,
    own: stop !== undefined,
    cpuMs: () => cpuOfTreeMs(pid),
    createSchema: () => createSchema({ url, stop: async () => undefined }),
    stop: stop ?? (async () => undefined),
  };
}

/** The process that starts one for each connection; NaN if it is not on this machine. */
async function findProcess(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number; local: boolean }>(
      `select pg_backend_pid() as pid,
         inet_client_addr() is not distinct from inet_server_addr() as local`,
    );
    const [{ pid, local } = { pid: NaN, local: false }] = rows;
    return local ? parentOf(pid) : NaN;
  } finally {
    await client.end();
  }
}

/** With the processes that have ended. */
function cpuOfTreeMs(pid: number): number {
  const running = [pid, ...childrenOf(pid)].map(cpuMs);
  // A process may end between being listed and being read; then it counts among those.
  const known = running.filter((ms, index) => index === 0 || !Number.isNaN(ms));
  return known.reduce((sum, ms) => sum + ms, endedChildrenCpuMs(pid));
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: cutime and cstime. */
function endedChildrenCpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) * MS_PER_TICK;
  } catch {
    return NaN;
  }
}
