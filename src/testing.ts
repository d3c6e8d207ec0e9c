/**
 * `personguide/testing`: the real directory, in process, for the tests of services that use it.
 * @packageDocumentation
 */
import { connect, type Directory } from './client/connect.js';
import type { PersonInput, UserInput } from './client/directory-calls.js';
import { startDirectory } from './server/run.js';

/** The content of a test directory at its start. */
export interface TestDirectoryOptions {
  /** Recorded in one call. An id above 0 is kept, and id 0 gets a new one. */
  readonly people?: readonly PersonInput[];
  /** Added one after the other: ids 1, 2, 3 and so on. */
  readonly users?: readonly UserInput[];
}

/** A directory that runs until `stop()`. */
export interface TestDirectory {
  /** HOST:PORT of the server, for clients of your own. */
  readonly address: string;
  /** A client that is connected to it. */
  readonly directory: Directory;
  /** Closes the client, stops the server and discards the data. A second call does nothing. */
  readonly stop: () => Promise<void>;
  /** The same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the real server on a free port of 127.0.0.1 with a store in memory, and connects to it.
 * Each call starts a server of its own. Rejects with the client's RpcError for invalid people or
 * users; nothing is left running then.
 */
export async function startTestDirectory({
  people = [],
  users = [],
}: TestDirectoryOptions = {}): Promise<TestDirectory> {
  const server = await startDirectory({
    listen: ['127.0.0.1:0'],
    store: ':memory:',
    logLevel: 'silent',
    shutdownGraceMs: 0,
  });
  const [address = ''] = server.addresses;
  const directory = connect(address);
  const stop = async (): Promise<void> => {
    directory.close();
    const stopped = server.stop();
    // Otherwise it may wait for a timer, which does not fire under fake timers.
    server.stopNow();
    await stopped;
  };
  try {
    if (people.length > 0) await directory.people.recordPersons(people);
    for (const user of users) await directory.users.addUser(user);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, directory, stop, [Symbol.asyncDispose]: stop };
}
