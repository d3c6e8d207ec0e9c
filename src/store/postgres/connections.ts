import { Client, Pool, type ClientConfig, type PoolClient } from 'pg';
import type { PoolStatistics } from '../../directory/store.js';
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
  /** Opens a connection outside of the pools, which the caller closes. Rejects like `use`. */
  connect(): Promise<Client>;
  /** The connections of all pools together. */
  statistics(): PoolStatistics;
  /** Closes the pools, after their connections in use were released. */
  close(): Promise<void>;
}

/** Creates one pool per candidate; the first that works is used until it fails. */
export function createConnections(
  settings: ConnectionSettings,
  timeouts: Partial<Timeouts> = {},
): Connections {
  const allTimeouts = { ...DEFAULT_TIMEOUTS, ...timeouts };
  const hosts = settings.candidates.map((candidate) => {
    const config = clientConfig(settings, candidate, allTimeouts);
    return { config, pool: createPool(settings, config) };
  });
  let current = 0;

  /** Connects to the first host that works, beginning with the one that worked last. */
  async function connectTo<C>(connect: (host: (typeof hosts)[number]) => Promise<C>): Promise<C> {
    const errors: unknown[] = [];
    const first = current;
    for (let tried = 0; tried < hosts.length; tried += 1) {
      const index = (first + tried) % hosts.length;
      const host = hosts[index];
      try {
        const client = host && (await connect(host));
        current = index;
        if (client !== undefined) return client;
      } catch (error) {
        errors.push(error);
      }
    }
    throw new NoConnectionError(errors);
  }

  async function use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await connectTo(({ pool }) => pool.connect());
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
    connect: () =>
      connectTo(({ config }) => {
        const name = `${settings.applicationName} listener`;
        return connectAlone({ ...config, application_name: name }, settings.readWrite);
      }),
    statistics: () => {
      const sum = (count: (pool: Pool) => number): number =>
        hosts.reduce((total, { pool }) => total + count(pool), 0);
      return {
        open: sum(({ totalCount }) => totalCount),
        idle: sum(({ idleCount }) => idleCount),
        waiting: sum(({ waitingCount }) => waitingCount),
      };
    },
    close: async () => {
      await Promise.all(hosts.map(({ pool }) => pool.end()));
    },
  };
}

function clientConfig(
  settings: ConnectionSettings,
  { host, port, ssl }: Candidate,
  timeouts: Timeouts,
): ClientConfig {
  return {
    host,
    port,
    ssl,
    ...(settings.user !== undefined && { user: settings.user }),
    ...(settings.password !== undefined && { password: settings.password }),
    ...(settings.database !== undefined && { database: settings.database }),
    ...(settings.options !== undefined && { options: settings.options }),
    application_name: settings.applicationName,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    query_timeout: timeouts.queryMs,
    statement_timeout: timeouts.statementMs,
    lock_timeout: timeouts.lockMs,
    idle_in_transaction_session_timeout: timeouts.idleInTransactionMs,
    keepAlive: true,
  };
}

function createPool(settings: ConnectionSettings, config: ClientConfig): Pool {
  const pool = new Pool({
    ...config,
    max: settings.poolSize,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    ...(settings.readWrite && { verify: verifyForPool }),
  });
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

async function connectAlone(config: ClientConfig, readWrite: boolean): Promise<Client> {
  const client = new Client(config);
  client.on('error', ignore);
  try {
    await client.connect();
    if (readWrite) await verifyReadWrite(client);
    return client;
  } catch (error) {
    void client.end();
    throw error;
  }
}

function verifyForPool(client: PoolClient, done: (error?: Error) => void): void {
  verifyReadWrite(client).then(() => {
    done();
  }, done);
}

/** https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS */
async function verifyReadWrite(client: Pick<Client, 'query'>): Promise<void> {
  const { rows } = await client.query<{ transaction_read_only: string }>(
    'show transaction_read_only',
  );
  if (rows[0]?.transaction_read_only === 'on') throw new ReadOnlyServerError();
}

class ReadOnlyServerError extends Error {
  readonly code = '25006';

  constructor() {
    super('the server accepts only reads');
  }
}
