import type { Config } from '../config.js';
import { checkDirectoryOptions, type DirectoryOptions } from '../directory-options.js';
import { recordDemoPeople } from '../directory/demo-people.js';
import type { Store } from '../directory/store.js';
import type { Service } from '../rpc/index.js';
import { personGuide } from '../service/person-guide.js';
import { userService } from '../service/user-service.js';
import { openStore } from '../store/open.js';
import { checkAddressesFree, checkListenOptions } from './listen.js';
import { openLog } from './log.js';
import { startServer, type RunningServer } from './start.js';

/** A running directory, and what it runs on. */
export interface RunningDirectory extends RunningServer {
  readonly store: Store;
}

/** The services of the directory on a store. */
export function directoryServices(store: Store): Service[] {
  return [personGuide(store), userService(store)];
}

/**
 * Starts the directory: configuration -> store -> services -> server. Rejects with a TypeError that
 * names the option which is unknown or invalid, or with an error whose message is one line that
 * gives the reason; nothing is left open then.
 */
export async function startDirectory(options: DirectoryOptions = {}): Promise<RunningDirectory> {
  return runDirectory(checkDirectoryOptions(options));
}

/** Starts the directory with a complete configuration, as startDirectory() does. */
export async function runDirectory(config: Config): Promise<RunningDirectory> {
  // A server that cannot listen must not leave a new store behind.
  checkListenOptions(config);
  await checkAddressesFree(config.listen);
  const log = openLog(config.logLevel);
  const store = await openStore(config.store);
  try {
    const recorded = config.demo ? await recordDemoPeople(store) : 0;
    if (recorded > 0) log.info({ people: recorded }, 'recorded the demo people');
    const server = await startServer({
      ...config,
      log,
      services: directoryServices(store),
      errorDomain: 'personguide',
      check: (signal) => store.check({ signal }),
      onStop: () => store.close(),
    });
    const stop = (): Promise<void> => server.stop().finally(() => log.close());
    return { ...server, stop, store };
  } catch (error) {
    await store.close();
    await log.close();
    throw error;
  }
}
