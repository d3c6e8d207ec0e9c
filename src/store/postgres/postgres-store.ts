import { storeClosed } from '../../directory/errors.js';
import type {
  CancelSignal,
  ChangeStore,
  ImportStore,
  PeopleChangeStore,
  PeopleQueryStore,
  ReadOptions,
  Store,
  StoreBatch,
  UserChangeStore,
} from '../../directory/store.js';
import { createChangeNotices } from './change-notices.js';
import { purgeDeleted } from './change-people.js';
import { createChanges } from './changes-table.js';
import type { Timeouts } from './connections.js';
import { readPeopleCounters } from './counters.js';
import { openDatabase, type Database } from './database.js';
import { toStoreError } from './errors.js';
import { findResults, resultFor } from './idempotency-table.js';
import { findKey, insertKey, listKeys, revokeKey } from './keys-table.js';
import { findImport, listImportFaults, tryImport } from './import-people.js';
import { createLookUpPeople } from './look-up-people.js';
import { createPeople } from './people-table.js';
import { createQueryPeople } from './query-people.js';
import { untilAborted } from './signal.js';
import { exportAll, importAll } from './transfer.js';
import { createUsers } from './users-table.js';
import { createWrites } from './writes.js';

type WholeStore = Store &
  PeopleChangeStore &
  PeopleQueryStore &
  ChangeStore &
  ImportStore &
  UserChangeStore;

/** Options of a PostgreSQL store. */
export interface PostgresStoreOptions {
  /** The clock for writes. Default: the system's clock. */
  readonly now?: () => Date;
  /** Whether to reject a database without the tables of a store, instead of creating them. */
  readonly mustExist?: boolean;
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
): Promise<WholeStore> {
  return createStore(await openDatabase(url, options), options.now ?? (() => new Date()));
}

function createStore(database: Database, now: () => Date): WholeStore {
  const people = createPeople(database.read);
  const lookUpPeople = createLookUpPeople(database.read);
  const queryPeople = createQueryPeople(database.read);
  const changes = createChanges(database.read);
  const notices = createChangeNotices(database);
  const users = createUsers(database.read);
  const writes = createWrites(database, now);
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
    await Promise.all([writes.idle(), notices.close()]);
    await database.close();
  }

  return {
    findPeople: (keys, options) => call(options?.signal, () => people.find(keys, options?.signal)),
    listPeople: (page, options) => read(options, () => people.list(page)),
    recordPeople: (batch, { signal, idempotencyKey } = {}) =>
      call(signal, () => writes.recordings.write({ people: batch, idempotencyKey }, signal)),
    changePerson: (change, { signal, idempotencyKey } = {}) =>
      call(signal, () => writes.personChanges.write({ change, idempotencyKey }, signal)),
    purgeDeleted: (before, limit, options) =>
      read(options, () => purgeDeleted(database, before, limit)),
    lookUpPeople: (lookups, { signal, showDeleted = false } = {}) =>
      call(signal, () => lookUpPeople(lookups, showDeleted, signal)),
    queryPeople: (query, options) => read(options, () => queryPeople(query)),
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
        : call(signal, () => writes.imports.write(batch, signal)),
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
      call(signal, () => database.transaction((run) => insertKey(run, key))),
    findKey: (id, options) => read(options, () => findKey(database.read, id)),
    listKeys: (options) => read(options, () => listKeys(database.read)),
    revokeKey: (nameOrId, at, { signal } = {}) =>
      call(signal, () => database.transaction((run) => revokeKey(run, nameOrId, at))),
    exportAll: (options) => exportContent(options?.signal),
    importAll: (batches, { signal } = {}) =>
      call(signal, () =>
        database.transactionOnce((run) => importAll(run, batches, requireOpen(signal))),
      ),
    check: (options) =>
      read(options, async () => {
        await database.read(CHECK, []);
      }),
    close: () => (closing ??= closeAll()),
  };
}
