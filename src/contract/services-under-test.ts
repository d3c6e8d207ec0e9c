import { connect } from '../index.js';
import { startDirectory } from '../server/run.js';
import type { Connected } from './connected.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

/** Starts a directory in this process on a store of its own. */
export async function openInProcess(store: string): Promise<Connected> {
  const directory = await startDirectory({
    listen: ['127.0.0.1:0'],
    store,
    logLevel: 'silent',
    shutdownGraceMs: 0,
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

/** Connects to a server that runs anyway. */
export async function openDeployed(address: string): Promise<Connected> {
  const client = connect(address, { retry: false, timeoutMs: 30_000 });
  const close = async () => {
    client.close();
  };
  return { client, address, close };
}
