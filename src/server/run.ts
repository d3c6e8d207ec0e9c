import type { Config } from '../config.js';
import { checkDirectoryOptions, type DirectoryOptions } from '../directory-options.js';
import { ChangeHub } from '../directory/change-hub.js';
import { recordDemoPeople } from '../directory/demo-people.js';
import { isCountry } from '../directory/phone-key.js';
import type { KeyStore, Store } from '../directory/store.js';
import type { Service } from '../rpc/index.js';
import { adminService } from '../service/admin-service.js';
import { keyService } from '../service/key-service.js';
import { CallCounts } from '../service/call-counts.js';
import { personGuide } from '../service/person-guide.js';
import { statusService } from '../service/status-service.js';
import { userService } from '../service/user-service.js';
import { openStore } from '../store/open.js';
import { StoreSpans } from '../tracing/store-spans.js';
import { CachedKeys } from './auth/cached-keys.js';
import { directoryScopes } from './auth/directory-scopes.js';
import { ANY_SCOPE } from './auth/method-rules.js';
import { warnOfExpiry } from './certificate-expiry.js';
import { checkListenOptions, StartError, warnOfExposure } from './listen.js';
import { openListeners, type Listeners } from './listeners.js';
import { openLog, type Log } from './log.js';
import { countWatchers, openMetrics, type ServedMetrics } from './metrics.js';
import { warnOfNode } from './node-version.js';
import { startSweep } from './sweep.js';
import { withTraces } from './traces.js';
import { stopOnUncaughtErrors } from './uncaught-errors.js';
import { serveOn, type RunningServer, type ServeOptions } from './start.js';

/** A running directory, and what it runs on. */
export interface RunningDirectory extends RunningServer {
  readonly store: Store;
}

/** A valid person has up to 220 KiB, a key up to 1 KiB. */
const maxPersonMessageBytes = {
  recordPersons: 2 * 1024 * 1024,
  batchGetPersons: 1024 * 1024,
  createPerson: 256 * 1024,
  updatePerson: 256 * 1024,
  importPersons: 4 * 1024 * 1024,
};

/** Everyone who may do anything may read the status of the server. */
const GET_STATUS = '/personguide.admin.v1.StatusService/GetStatus';

/** The services of the directory on a store. */
export function directoryServices(store: Store): Service[] {
  return servicesOn(store, store, new ChangeHub(store));
}

/** `keys` is the store, or what remembers the keys in it. */
function servicesOn(store: Store, keys: KeyStore, hub: ChangeHub): Service[] {
  return [
    { ...personGuide(store, hub), maxMessageBytes: maxPersonMessageBytes },
    userService(store),
    adminService(store),
    keyService(keys),
  ];
}

/**
 * Starts the directory: configuration -> store -> services -> server. Rejects with a TypeError that
 * names the option which is unknown or invalid, or with an error whose message is one line that
 * gives the reason; nothing is left open then.
 */
export async function startDirectory(options: DirectoryOptions = {}): Promise<RunningDirectory> {
  return (await openDirectory(checkDirectoryOptions(options))).directory;
}

/**
 * Starts the directory as the server of this process: an error that nothing catches is logged, stops
 * the server and ends the process with 1.
 */
export async function runDirectory(config: Config): Promise<RunningDirectory> {
  const { directory, log } = await openDirectory(config);
  stopOnUncaughtErrors(directory, log, config.shutdownGraceMs);
  warnOfNode(process.versions.node, log);
  return directory;
}

async function openDirectory(config: Config): Promise<{ directory: RunningDirectory; log: Log }> {
  checkListenOptions(config);
  checkCountry(config);
  const log = withTraces(openLog(config.logLevel), config);
  let metrics: ServedMetrics | undefined;
  let listeners: Listeners | undefined;
  try {
    // Before the store, so that a server which cannot listen does not create one.
    metrics = await openMetrics(config.metrics, log);
    listeners = await openListeners(config, log, metrics?.metrics.traffic);
    warnOfExpiry(config.tls, log);
    warnOfExposure(config, log);
    const store = await openServerStore(config, log, metrics);
    return { directory: await serveStore(listeners, store, config, log, metrics), log };
  } catch (error) {
    listeners?.destroy();
    await metrics?.close();
    await log.close();
    throw error;
  }
}

/** Throws a StartError for a country that does not exist. */
export function checkCountry({ defaultCountry }: Config): void {
  if (defaultCountry === undefined || isCountry(defaultCountry)) return;
  throw new StartError(
    `--default-country (option \`defaultCountry\`): "${defaultCountry}" is not the code of a country`,
  );
}

/** A store, and how it is closed. */
export interface OpenedStore {
  readonly store: Store;
  readonly close: () => Promise<void>;
}

/**
 * Opens the store of a server, brings it up to date, records the demo people, and removes people who
 * were deleted long ago until it is closed. Other processes may use a shared one; see holdStore().
 */
export async function openServerStore(
  config: Config,
  log: Log,
  served?: ServedMetrics,
  shared = false,
): Promise<OpenedStore> {
  const store = await openCountedStore(config, served, shared);
  try {
    const recorded = config.demo ? await recordDemoPeople(store) : 0;
    if (recorded > 0) log.info({ people: recorded }, 'recorded the demo people');
  } catch (error) {
    await store.close();
    throw error;
  }
  const sweep = startSweep(store, config.keepDeletedMs, log);
  return {
    store,
    close: async () => {
      await sweep.stop();
      await store.close();
    },
  };
}

/** Opens a store that another process of this server has prepared. */
export async function openSharedStore(
  config: Config,
  served?: ServedMetrics,
): Promise<OpenedStore> {
  const store = await openCountedStore(config, served, true);
  return { store, close: () => store.close() };
}

async function openCountedStore(
  { store: url, defaultCountry = '' }: Config,
  served: ServedMetrics | undefined,
  shared: boolean,
): Promise<Store> {
  const counted = served?.metrics.store;
  const spans = new StoreSpans();
  const opened = await openStore(url, {
    defaultCountry,
    shared,
    onCommit: (commit) => {
      counted?.committed(commit);
      spans.committed(commit);
    },
  });
  const traced = spans.traced(opened);
  return counted?.observed(traced) ?? traced;
}

/** Serves the directory on a store, which it closes in the end, also if it rejects. */
export async function serveStore(
  listeners: Listeners,
  { store, close }: OpenedStore,
  config: Config,
  log: Log,
  served?: ServedMetrics,
): Promise<RunningDirectory> {
  try {
    const keys = new CachedKeys(store);
    const hub = new ChangeHub(store);
    const services = servicesOn(store, keys, hub);
    const counts = new CallCounts(services);
    const status = statusService({
      store,
      engine: /^postgres/i.test(config.store) ? 'PostgreSQL' : 'SQLite',
      accessControl: config.auth.kind !== 'none',
      counts,
    });
    if (served !== undefined) countWatchers(served, hub);
    const serveOptions: ServeOptions = {
      ...config,
      log,
      services: [...services, status],
      middleware: [counts.middleware],
      auth: config.auth.kind === 'keys' ? { kind: 'keys', store: keys } : config.auth,
      scopes: { ...directoryScopes, [GET_STATUS]: ANY_SCOPE },
      errorDomain: 'personguide',
      check: (signal) => store.check({ signal }),
      onStop: close,
    };
    const server = serveOn(listeners, serveOptions, served);
    const stop = (): Promise<void> => {
      // Otherwise those who watch would keep the server from stopping until its grace period ends.
      hub.close();
      return server.stop().finally(() => log.close());
    };
    return { ...server, stop, store };
  } catch (error) {
    await close();
    throw error;
  }
}
