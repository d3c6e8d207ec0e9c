import { Pool, type PoolClient, type PoolConfig } from 'pg';
import type { Candidate, ConnectionSettings } from './connection-url.js';
import { isConnectionError, NoConnectionError } from './errors.js';

/** Limits that keep a call from waiting for a database that does not respond. */
export interface Timeouts {
  /** The server ends a statement after this. */
  readonly statementMs: number;
  /** The client stops waiting for a statement after this: the connection carries no data. */
  readonly queryMs: number;
  /** The server ends a statement that has waited this long for a lock. */
  readonly lockMs: number;
  /** The server ends a session that does nothing within a transaction for this long. */
  readonly idleInTransactionMs: number;
}

const DEFAULT_TIMEOUTS: Timeouts = {
  statementMs: 10_000,
  queryMs: 12_000,
  lockMs: 5_000,
  idleInTransactionMs: 10_000,
};

/** An unused connection is closed after this. */
const IDLE_TIMEOUT_MS = 60_000;

/** The pooled connections of a store. */
export interface Connections {
  /**
   * Runs `work` with a connection of its own. Discards the connection if `work` rejects with a
   * connection error. Rejects with NoConnectionError if no server accepts a
   * connection.
   */
  use<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
  /** Closes all connections, after those in use were released. */
  close(): Promise<void>;
}

/** Creates one pool per candidate; the first that works is used until it fails. */
export function createConnections(
  settings: ConnectionSettings,
  timeouts: Partial<Timeouts> = {},
): Connections {
  const allTimeouts = { ...DEFAULT_TIMEOUTS, ...timeouts };
  const pools = settings.candidates.map((candidate) =>
    createPool(settings, candidate, allTimeouts),
  );
  let current = 0;

  async function connect(): Promise<PoolClient> {
    const errors: unknown[] = [];
    const first = current;
    for (let tried = 0; tried < pools.length; tried += 1) {
      const index = (first + tried) % pools.length;
      try {
        const client = await pools[index]?.connect();
        current = index;
        if (client !== undefined) return client;
      } catch (error) {
        errors.push(error);
      }
    }
    throw new NoConnectionError(errors);
  }

  async function use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await connect();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = isConnectionError(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  return {
    use,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

function createPool(
  settings: ConnectionSettings,
  { host, port, ssl }: Candidate,
  timeouts: Timeouts,
): Pool {
  const config: PoolConfig = {
    host,
    port,
    ssl,
    ...(settings.user !== undefined && { user: settings.user }),
    ...(settings.password !== undefined && { password: settings.password }),
    ...(settings.database !== undefined && { database: settings.database }),
    ...(settings.options !== undefined && { options: settings.options }),
    application_name: settings.applicationName,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    query_timeout: timeouts.queryMs,
    statement_timeout: timeouts.statementMs,
    lock_timeout: timeouts.lockMs,
    idle_in_transaction_session_timeout: timeouts.idleInTransactionMs,
    keepAlive: true,
    ...(settings.readWrite && { verify: verifyReadWrite }),
  };
  const pool = new Pool(config);
  // Without listeners, a connection that breaks while it is not in use would end the process.
  pool.on('error', ignore);
  pool.on('connect', (client) => {
    client.on('error', ignore);
  });
  return pool;
}

/** The pool replaces the connection, and the next query reports a lasting problem. */
function ignore(): void {
  // Nothing to do.
}

/** https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS */
function verifyReadWrite(client: PoolClient, done: (error?: Error) => void): void {
  client.query<{ transaction_read_only: string }>('show transaction_read_only').then(({ rows }) => {
    done(rows[0]?.transaction_read_only === 'on' ? new ReadOnlyServerError() : undefined);
  }, done);
}

class ReadOnlyServerError extends Error {
  readonly code = '25006';

  constructor() {
    super('the server accepts only reads');
  }
}
