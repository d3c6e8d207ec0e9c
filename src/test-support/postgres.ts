import { Client } from 'pg';
import { startPostgres } from './postgres-process.js';

/** A PostgreSQL server for tests. */
export interface PostgresServer {
  /** The URL of a database in which tests may create schemas. */
  readonly url: string;
  /** Stops the server, if it was started for the tests. */
  stop(): Promise<void>;
}

/** A schema for one test. */
export interface PostgresSchema {
  /** The URL of the server, with this schema as the place of all tables. */
  readonly url: string;
  /** Drops the schema. */
  remove(): Promise<void>;
}

let schemas = 0;

/**
 * The server that PERSONGUIDE_TEST_POSTGRES_URL names, or else a new one, which takes less than a
 * second to start.
 */
export async function postgresServer(): Promise<PostgresServer> {
  const url = process.env['PERSONGUIDE_TEST_POSTGRES_URL'];
  if (url === undefined || url === '') {
    return startPostgres({
      settings: { fsync: 'off', full_page_writes: 'off', autovacuum: 'off', jit: 'off' },
    });
  }
  return { url, stop: async () => undefined };
}

/** Creates an empty schema. */
export async function createSchema({ url }: PostgresServer): Promise<PostgresSchema> {
  schemas += 1;
  const name = `test_${process.pid}_${Date.now().toString(36)}_${schemas}`;
  await queryPostgres(url, `create schema ${name}`);
  const options = encodeURIComponent(`-c search_path=${name}`);
  return {
    url: `${url}${url.includes('?') ? '&' : '?'}options=${options}`,
    remove: async () => {
      await queryPostgres(url, `drop schema ${name} cascade`);
    },
  };
}

/** Runs SQL without parameters; resolves with the rows of its last statement. */
export async function queryPostgres(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result: unknown = await client.query(sql);
    const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: unknown[] };
    return last.rows;
  } finally {
    await client.end();
  }
}
