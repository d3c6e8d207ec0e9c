import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { encodedPeople } from '../../directory/recorded-people.js';
import { storeClosed } from '../../directory/errors.js';
import type {
  CancelSignal,
  Commit,
  PeopleQuery,
  PeopleQueryPage,
  PersonLookup,
  ReadOptions,
  Store,
  StoreBatch,
} from '../../directory/store.js';
import { createChangeNotices } from './change-notices.js';
import { purgeDeleted } from './change-people.js';
import { createChanges } from './changes-table.js';
import type { Timeouts } from './connections.js';
import { readPeopleCounters } from './counters.js';
import { openDatabase, type Database } from './database.js';
import { toOpenError, toStoreError } from './errors.js';
import { findResults, resultFor } from './idempotency-table.js';
import { findKey, insertKey, listKeys, revokeKey } from './keys-table.js';
import { findImport, listImportFaults, tryImport } from './import-people.js';
import { createLookUpPeople } from './look-up-people.js';
import { createPeople } from './people-table.js';
import { createQueryPeople } from './query-people.js';
import { readIndexState, setDefaultCountry, type IndexState } from './search-index.js';
import { createSearch } from './search.js';
import { untilAborted } from './signal.js';
import { createDatabaseSize } from './statistics.js';
import { exportAll, importAll } from './transfer.js';
import { createUsers } from './users-table.js';
import { createWrites } from './writes.js';

/** Options of a PostgreSQL store. */
export interface PostgresStoreOptions {
  /** The clock for writes. Default: the system's clock. */
  readonly now?: () => Date;
  /** Whether to reject a database without the tables of a store, instead of creating them. */
  readonly mustExist?: boolean;
  /**
   * The country of phone numbers that do not name theirs, such as `AR`; empty for none. Default:
   * that of the last time. When it changes, everyone is indexed again.
   */
  readonly defaultCountry?: string | undefined;
  /** Called after each commit of writes, for metrics. It must not throw. */
  readonly onCommit?: ((commit: Commit) => void) | undefined;
  /** For tests; the README of this folder lists the defaults. */
  readonly timeouts?: Partial<Timeouts>;
}

const CHECK = { name: 'check_store', text: 'select revision from people_counters' };

/**
 * Opens the database of a `postgres://` URL as a Store; any number of processes may share it.
 * Rejects with `unavailable` and one line for the operator, which names the URL without password.
 */
export async function openPostgresStore(
  url: string,
  options: PostgresStoreOptions = {},
): Promise<Store> {
  const database = await openDatabase(url, options);
  try {
    return createStore(database, await prepareIndex(database, options), options);
  } catch (error) {
    await database.close();
    throw toOpenError(error, url);
  }
}

async function prepareIndex(
  database: Database,
  { defaultCountry }: PostgresStoreOptions,
): Promise<IndexState> {
  if (defaultCountry !== undefined) {
    await database.transaction((run) => setDefaultCountry(run, defaultCountry));
  }
  return readIndexState(database.read);
}

function createStore(
  database: Database,
  index: IndexState,
  { now = () => new Date() }: PostgresStoreOptions,
): Store {
  const people = createPeople(database.read);
  const search = createSearch(database, people, index);
  const lookUpPeople = createLookUpPeople(database.read, (phone, showDeleted) =>
    search.findByPhone(phone, showDeleted),
  );
  const queryInOrder = createQueryPeople(database.read);
  const changes = createChanges(database.read);
  const notices = createChangeNotices(database);
  const users = createUsers(database.read);
  const writes = createWrites(database, now);
  const databaseSize = createDatabaseSize(database.read);
  let closing: Promise<void> | undefined;

  /** Runs `work`, a read or a write, unless the store is closed or the call was aborted. */
  async function call<T>(signal: CancelSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (closing !== undefined) throw storeClosed();
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      throw signal?.aborted === true ? error : toStoreError(error);
    }
  }

  /** Like call, for work that does not watch the signal itself. */
  function read<T>(options: ReadOptions | undefined, work: () => Promise<T>): Promise<T> {
    return call(options?.signal, () => untilAborted(work(), options?.signal));
  }

  /** Like call, for work that writes people. */
  async function write<T>(signal: CancelSignal | undefined, work: () => Promise<T>): Promise<T> {
    const result = await call(signal, work);
    search.written();
    return result;
  }

  async function lookUp(
    lookups: readonly PersonLookup[],
    showDeleted: boolean,
    signal: CancelSignal | undefined,
  ): Promise<(Encoded<Person> | undefined)[]> {
    if (lookups.some((lookup) => 'phone' in lookup)) await search.untilFresh(signal);
    return lookUpPeople(lookups, showDeleted, signal);
  }

  function queryPeople(
    query: PeopleQuery,
    signal: CancelSignal | undefined,
  ): Promise<PeopleQueryPage> {
    const { order } = query;
    return order === 'name' ? search.queryByName(query, signal) : queryInOrder({ ...query, order });
  }

  /** Checks before each batch of a long call. */
  function requireOpen(signal: CancelSignal | undefined): () => void {
    return () => {
      if (closing !== undefined) throw storeClosed();
      signal?.throwIfAborted();
    };
  }

  async function* exportContent(
    signal: CancelSignal | undefined,
  ): AsyncGenerator<StoreBatch, void, undefined> {
    try {
      yield* exportAll(database.read, requireOpen(signal));
    } catch (error) {
      throw signal?.aborted === true ? error : toStoreError(error);
    }
  }

  async function closeAll(): Promise<void> {
    await Promise.all([writes.idle(), notices.close(), search.stop()]);
    await database.close();
  }

  return {
    findPeople: (keys, options) => call(options?.signal, () => people.find(keys, options?.signal)),
    listPeople: (page, options) => read(options, () => people.list(page)),
    recordPeople: (batch, { signal, idempotencyKey } = {}) =>
      write(signal, () => {
        const people = encodedPeople(batch);
        return writes.recordings.write({ people, idempotencyKey }, signal);
      }),
    changePerson: (change, { signal, idempotencyKey } = {}) =>
      write(signal, () => writes.personChanges.write({ change, idempotencyKey }, signal)),
    purgeDeleted: (before, limit, options) =>
      read(options, () => purgeDeleted(database, before, limit)),
    lookUpPeople: (lookups, { signal, showDeleted = false } = {}) =>
      call(signal, () => lookUp(lookups, showDeleted, signal)),
    queryPeople: (query, options) => read(options, () => queryPeople(query, options?.signal)),
    defaultCountry: index.defaultCountry,
    findMatches: (readings, page, options) =>
      read(options, () => search.findMatches(readings, page, options?.signal)),
    countPeople: (options) =>
      read(options, async () => (await readPeopleCounters(database.read)).people),
    currentPosition: (options) => read(options, () => changes.currentPosition()),
    readChanges: (after, limit, options) => read(options, () => changes.read(after, limit)),
    onChange: (listener) => {
      if (closing !== undefined) throw storeClosed();
      return notices.onChange(listener);
    },
    importPeople: (batch, { signal } = {}) =>
      batch.dryRun
        ? read({ signal }, () => tryImport(database.read, batch, now()))
        : write(signal, () => writes.imports.write(batch, signal)),
    findImport: (importId, options) =>
      read(options, () => findImport(database.read, importId, now())),
    listImportFaults: (importId, afterIndex, limit, options) =>
      read(options, () => listImportFaults(database.read, importId, afterIndex, limit, now())),
    hasPeople: (options) => read(options, () => people.hasAny()),
    addUser: (user, { signal, idempotencyKey } = {}) =>
      call(signal, () => writes.additions.write({ user, idempotencyKey }, signal)),
    changeUser: (change, { signal, idempotencyKey } = {}) =>
      call(signal, () => writes.userChanges.write({ change, idempotencyKey }, signal)),
    findUser: (key, options) => call(options?.signal, () => users.find(key, options?.signal)),
    listUsers: (page, options) => read(options, () => users.list(page)),
    findResult: (key, options) =>
      read(options, async () => resultFor(await findResults(database.read, [key], now()), key)),
    addKey: (key, { signal } = {}) =>
      call(signal, () => database.transaction((run) => insertKey(run, key), 1)),
    findKey: (id, options) => read(options, () => findKey(database.read, id)),
    listKeys: (options) => read(options, () => listKeys(database.read)),
    revokeKey: (nameOrId, at, { signal } = {}) =>
      call(signal, () => database.transaction((run) => revokeKey(run, nameOrId, at), 1)),
    exportAll: (options) => exportContent(options?.signal),
    importAll: (batches, { signal } = {}) =>
      write(signal, () =>
        database.transactionOnce((run) => importAll(run, batches, requireOpen(signal))),
      ),
    check: (options) =>
      read(options, async () => {
        await database.read(CHECK, []);
      }),
    statistics: (options) =>
      read(options, async () => ({
        databaseBytes: await databaseSize(),
        pool: database.pool(),
        searchLag: await search.lag(),
      })),
    close: () => (closing ??= closeAll()),
  };
}
