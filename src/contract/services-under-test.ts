import { connect } from '../index.js';
import { startDirectory } from '../server/run.js';
import type { Connected } from './connected.js';
import { createSchema, postgresServer } from '../test-support/postgres.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

/** Starts a directory in this process on a store of its own; `plainGrpc` is that option. */
export async function openInProcess(store: string, plainGrpc = false): Promise<Connected> {
  const directory = await startDirectory({
    listen: ['127.0.0.1:0'],
    store,
    logLevel: 'silent',
    shutdownGraceMs: 0,
    plainGrpc,
  });
  const [address = ''] = directory.addresses;
  const client = connect(address, { retry: false, timeoutMs: 30_000 });
  return {
    client,
    address,
    close: async () => {
      client.close();
      await directory.stop();
    },
  };
}

/** Starts a directory on a new file, which goes away with it. */
export async function openInFile(): Promise<Connected> {
  const folder = temporaryFolder();
  const connected = await openInProcess(folder.file('people.db'));
  const close = async () => {
    await connected.close();
    folder[Symbol.dispose]();
  };
  return { ...connected, close };
}

/** Starts a directory on a PostgreSQL schema of its own. */
export async function openOnPostgres(): Promise<Connected> {
  const server = await postgresServer();
  const schema = await createSchema(server);
  const connected = await openInProcess(schema.url);
  const close = async () => {
    await connected.close();
    await schema.remove();
    await server.stop();
  };
  return { ...connected, close };
}

/** Connects to a server that runs anyway. */
export async function openDeployed(address: string): Promise<Connected> {
  const client = connect(address, { retry: false, timeoutMs: 30_000 });
  const close = async () => {
    client.close();
  };
  return { client, address, close };
}
