import type { Client, PoolClient, QueryConfig } from 'pg';
import { DirectoryError } from '../../directory/errors.js';
import type { Commit, PoolStatistics } from '../../directory/store.js';
import { migrate, requireKnownSchema } from '../migrate.js';
import { redactedStoreUrl } from '../redacted-url.js';
import { parsePostgresUrl } from './connection-url.js';
import { createConnections, type Connections, type Timeouts } from './connections.js';
import {
  CommitUnknownError,
  isConnectionError,
  isConnectionLost,
  isTransient,
  toOpenError,
} from './errors.js';
import { migrations } from './migrations.js';

/** A statement that the server prepares once per connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** What can be bound to a statement. Text must not contain NUL: PostgreSQL rejects it. */
export type Value = number | string | boolean | Uint8Array | null | readonly (string | null)[];

/** An `integer[]` parameter: `pg` would escape each element. */
export function intArray(values: readonly number[]): string {
  return `{${values.join(',')}}`;
}

/** Runs a statement; resolves with its rows, each an array of its columns. */
export type RunStatement = (
  statement: Statement,
  values: readonly Value[],
) => Promise<readonly (readonly unknown[])[]>;

/** A PostgreSQL database, through a pool of connections. */
export interface Database {
  /** Runs one statement that only reads; once more if a pooled connection turns out to be broken. */
  readonly read: RunStatement;
  /**
   * Runs `work` in a transaction. Runs it again if that conflicted with another transaction, or if
   * the connection broke before the commit; so `work` must not have other effects. Rejects with
   * CommitUnknownError if the connection broke during the commit.
   * @param writes how many writes of callers it has, for `onCommit`; without any, it is not reported
   */
  transaction<T>(work: (run: RunStatement) => Promise<T>, writes?: number): Promise<T>;
  /** Like transaction, but never runs `work` again. */
  transactionOnce<T>(work: (run: RunStatement) => Promise<T>): Promise<T>;
  /** Opens a connection of its own, which the caller closes. */
  connect(): Promise<Client>;
  /** The pooled connections at this moment. */
  pool(): PoolStatistics;
  /** Closes all other connections. */
  close(): Promise<void>;
}

/** How a database is opened. */
export interface DatabaseOptions {
  readonly timeouts?: Partial<Timeouts>;
  readonly mustExist?: boolean;
  readonly onCommit?: ((commit: Commit) => void) | undefined;
}

/** How often a transaction is run that keeps conflicting with others. */
const MAX_ATTEMPTS = 8;

/** The longest delay of a timer of Node. */
const MAX_TIMER_MS = 2_147_483_647;

/** Serializes migrations; any number that no other program uses for the same database. */
const MIGRATION_LOCK = 0x50476465;

/**
 * Connects to the database of that URL, and migrates its schema. Rejects with `unavailable` and
 * one line for the operator, which names the URL without its password.
 */
export async function openDatabase(
  url: string,
  { timeouts, mustExist = false, onCommit }: DatabaseOptions = {},
): Promise<Database> {
  const connections = createConnections(parsePostgresUrl(url), timeouts);
  try {
    await connections.use((client) => migrateDatabase(client, redactedStoreUrl(url), mustExist));
  } catch (error) {
    await connections.close();
    throw toOpenError(error, url);
  }
  return createDatabase(connections, onCommit);
}

function createDatabase(connections: Connections, onCommit: DatabaseOptions['onCommit']): Database {
  const read: RunStatement = async (statement, values) => {
    const work = (client: PoolClient): ReturnType<RunStatement> => run(client, statement, values);
    try {
      return await connections.use(work);
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      return connections.use(work);
    }
  };

  async function transaction<T>(work: (run: RunStatement) => Promise<T>, writes = 0): Promise<T> {
    const committed = (durationMs: number): void => {
      if (writes > 0) onCommit?.({ durationMs, writes });
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await connections.use((client) => runTransaction(client, work, committed));
      } catch (error) {
        const again = isTransient(error) || (isConnectionLost(error) && attempt === 1);
        if (!again || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  return {
    read,
    transaction,
    transactionOnce: (work) => connections.use((client) => runTransaction(client, work)),
    connect: () => connections.connect(),
    pool: () => connections.statistics(),
    close: () => connections.close(),
  };
}

async function run(
  client: PoolClient,
  { name, text }: Statement,
  values: readonly Value[],
): Promise<readonly (readonly unknown[])[]> {
  const result = await client.query<unknown[]>({
    name,
    text,
    rowMode: 'array',
    values: [...values],
  });
  return result.rows;
}

async function runTransaction<T>(
  client: PoolClient,
  work: (run: RunStatement) => Promise<T>,
  committed?: (durationMs: number) => void,
): Promise<T> {
  const startMs = performance.now();
  await client.query('begin');
  let result: T;
  try {
    result = await work((statement, values) => run(client, statement, values));
  } catch (error) {
    // A broken connection is discarded, which ends its transaction as well.
    if (!isConnectionError(error)) await client.query('rollback');
    throw error;
  }
  await commit(client);
  committed?.(performance.now() - startMs);
  return result;
}

async function commit(client: PoolClient): Promise<void> {
  try {
    await client.query('commit');
  } catch (error) {
    throw isConnectionError(error) ? new CommitUnknownError(error) : error;
  }
}

/** Migrates under a lock: any number of servers may start on the same database. */
async function migrateDatabase(
  client: PoolClient,
  name: string,
  mustExist: boolean,
): Promise<void> {
  const current = await schemaVersion(client);
  if (mustExist && current === 0) throw noTables(name);
  requireKnownSchema(name, current, migrations);
  if (current === migrations.length) return;
  await client.query('begin');
  try {
    await client.query('set local statement_timeout = 0; set local lock_timeout = 0');
    await runForLong(client, `select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await client.query('create table if not exists personguide_schema (version integer not null)');
    const target = {
      name,
      version: () => schemaVersion(client),
      apply: async ({ version, sql }: { version: number; sql: string }) => {
        await runForLong(client, sql);
        await client.query('delete from personguide_schema');
        await client.query('insert into personguide_schema (version) values ($1)', [version]);
      },
    };
    await migrate(target, migrations);
    await client.query('commit');
  } catch (error) {
    if (!isConnectionError(error)) await client.query('rollback');
    throw error;
  }
}

/** Runs SQL without parameters that may take hours, such as a migration of many people. */
async function runForLong(client: PoolClient, text: string): Promise<void> {
  const query: QueryConfig & { query_timeout: number } = { text, query_timeout: MAX_TIMER_MS };
  await client.query(query);
}

function noTables(name: string): DirectoryError {
  const text = `cannot open ${name}: it has no tables of PersonGuide`;
  return new DirectoryError('unavailable', text, { code: 'CANNOT_OPEN_STORE' });
}

async function schemaVersion(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('personguide_schema') is not null as found`,
  );
  if (rows[0]?.found !== true) return 0;
  const versions = await client.query<{ version: number }>(
    'select coalesce(max(version), 0)::int as version from personguide_schema',
  );
  return versions.rows[0]?.version ?? 0;
}
