import { spawnSync } from 'node:child_process';
import { writeFileSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.js';
import { startPostgres, type PostgresProcess } from '../../src/test-support/postgres-process.js';
import { queryPostgres } from '../../src/test-support/postgres.js';

/** A primary and its synchronous standby. */
export interface Cluster {
  /** Names both; a server uses the one that accepts writes. */
  readonly url: string;
  /** Kills the primary as a crash does, and promotes the standby. */
  failOver(): Promise<void>;
  /** The URL of the server that accepts writes. */
  writableUrl(): string;
  stop(): Promise<void>;
}

/** Starts both, with the tables of a store. A commit waits until the standby has it on disk. */
export async function startCluster(): Promise<Cluster> {
  const primary = await startPostgres();
  await (await openStore(primary.url)).close();
  await primary.kill('SIGINT');
  // It copies the data of the primary, which must not run meanwhile.
  const standby = await startPostgres({
    settings: { primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres` },
    prepare: copyOf(primary),
  });
  await primary.start();
  await queryPostgres(primary.url, `alter system set synchronous_standby_names = '*'`);
  await queryPostgres(primary.url, 'select pg_reload_conf()');
  await untilSynchronous(primary.url);
  let writable = primary;
  return {
    url:
      `postgres://postgres@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/postgres` +
      '?target_session_attrs=read-write&sslmode=disable',
    failOver: async () => {
      await primary.kill('SIGKILL');
      await queryPostgres(standby.url, 'select pg_promote()');
      writable = standby;
    },
    writableUrl: () => writable.url,
    stop: async () => {
      await primary.stop();
      await standby.stop();
    },
  };
}

type Prepare = NonNullable<NonNullable<Parameters<typeof startPostgres>[0]>['prepare']>;

/** Prepares a standby from the data of its primary. */
function copyOf({ dataFolder }: PostgresProcess): Prepare {
  return (target, owner) => {
    const copied = spawnSync('cp', ['-a', dataFolder, target], { encoding: 'utf8' });
    if (copied.status !== 0) throw new Error(`the data cannot be copied: ${copied.stderr}`);
    const signal = join(target, 'standby.signal');
    writeFileSync(signal, '');
    if (owner !== undefined) chownSync(signal, owner.uid, owner.gid);
  };
}

async function untilSynchronous(url: string): Promise<void> {
  const query = `select 1 from pg_stat_replication where sync_state = 'sync'`;
  while ((await queryPostgres(url, query)).length === 0);
}
