import type { UserRequest } from '../../../gen/grpcUser/user.js';
import { storeClosed, storeImporting } from '../../directory/errors.js';
import type {
  CancelSignal,
  Commit,
  ImportBatch,
  ImportOutcome,
  PeopleQuery,
  PeopleQueryPage,
  PersonLookup,
  ReadOptions,
  Store,
  StoreBatch,
  StoreStatistics,
  WriteOptions,
} from '../../directory/store.js';
import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type { KeptAs } from '../../directory/kept-result.js';
import type { BackupPart, BackupStore } from '../../directory/backup.js';
import { prepareBackups } from './backup.js';
import { prepareChangeFeed } from './change-feed.js';
import { prepareCounters } from './counters.js';
import { absolutePath, closeDatabase, openDatabase, type Database } from './database.js';
import { prepareDeletedPeople } from './deleted-people-table.js';
import { toCloseError, toStoreError } from './errors.js';
import { watchFaults } from './faults.js';
import { prepareFreePersonIds } from './free-person-ids.js';
import { createGroupCommit } from './group-commit.js';
import { prepareIdempotency } from './idempotency-table.js';
import { prepareImports } from './imports-table.js';
import { prepareKeys } from './keys-table.js';
import { preparePeopleImport } from './people-import.js';
import { prepareLookUp } from './people-lookup.js';
import { prepareQueryPeople } from './people-query.js';
import { preparePeopleRows } from './people-rows.js';
import { preparePeople } from './people-table.js';
import { preparePersonChanges } from './person-changes.js';
import { prepareSearch } from './search.js';
import { fileSizes } from './statistics.js';
import { openStoreFile, type StoreFile } from './store-file.js';
import { exportAll, importAll } from './transfer.js';
import { prepareTrialWrite } from './trial-write.js';
import { prepareUsers } from './users-table.js';

/** Options of a SQLite store. */
export interface SqliteStoreOptions {
  /** The clock for writes. Default: the system's clock. */
  readonly now?: () => Date;
  /**
   * The country of phone numbers that do not name theirs, such as `AR`; empty for none. Default:
   * that of the last time. When it changes, everyone is indexed again.
   */
  readonly defaultCountry?: string | undefined;
  /** Called after each commit of writes, for metrics. It must not throw. */
  readonly onCommit?: ((commit: Commit) => void) | undefined;
}

/** A store that can copy itself while it is used. */
export interface SqliteStore extends Store, BackupStore {}

/**
 * Opens a file, or `:memory:`, as a Store for this process alone.
 * Rejects with `unavailable` and one line for the operator, which names the file.
 */
export async function openSqliteStore(
  path: string,
  options: SqliteStoreOptions = {},
): Promise<SqliteStore> {
  const database = await openDatabase(path);
  let file: StoreFile | undefined;
  try {
    if (path !== ':memory:') file = openStoreFile(absolutePath(path));
    return createStore(database, absolutePath(path), file, options);
  } catch (error) {
    closeDatabase(database);
    file?.close();
    throw toStoreError(error, absolutePath(path));
  }
}

/** `file` is undefined in memory. */
function createStore(
  database: Database,
  path: string,
  file: StoreFile | undefined,
  { now = () => new Date(), defaultCountry, onCommit }: SqliteStoreOptions,
): SqliteStore {
  let open = true;
  let importing = false;
  const counters = prepareCounters(database);
  const rows = preparePeopleRows(database, counters);
  const deletedPeople = prepareDeletedPeople(database);
  const freePersonIds = prepareFreePersonIds(database, counters);
  const people = preparePeople(database, counters, rows, deletedPeople, freePersonIds);
  const tables = { people, rows, deletedPeople };
  const search = prepareSearch(database, counters, tables, {
    defaultCountry,
    requireIdle: requireNoImport,
  });
  const changes = preparePersonChanges(database, counters, tables, freePersonIds, (ids) => {
    search.forget(ids);
  });
  const lookUp = prepareLookUp(database, (phone, showDeleted) =>
    search.findByPhone(phone, showDeleted),
  );
  const queryInOrder = prepareQueryPeople(database, tables);
  const imports = prepareImports(database);
  const peopleImport = preparePeopleImport(database, counters, tables, imports, freePersonIds);
  const feed = prepareChangeFeed(database, counters);
  const users = prepareUsers(database, counters);
  const idempotency = prepareIdempotency(database, tables);
  const keys = prepareKeys(database);
  const group = createGroupCommit(database, {
    beforeCommit: () => {
      counters.save();
    },
    // After it: a write must not be acknowledged whose file was deleted while it was committed.
    afterCommit: (commit) => {
      onCommit?.(commit);
      file?.check();
      feed.notify();
      search.written();
    },
    afterRollback: () => {
      counters.reset();
    },
  });
  const tryWrite = prepareTrialWrite(database, group);
  const faults = watchFaults(() =>
    run(undefined, () => {
      requireNoImport();
      return tryWrite();
    }),
  );
  const backups = prepareBackups(database, file);

  /** Runs `work`, a read or a write, unless the store is closed or the call was aborted. */
  async function run<T>(signal: CancelSignal | undefined, work: () => T): Promise<Awaited<T>> {
    if (!open) throw storeClosed();
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      throw noted(error);
    }
  }

  function noted(error: unknown): unknown {
    const storeError = toStoreError(error, path);
    faults.note(storeError);
    return storeError;
  }

  /** Checks before each batch of a long call. */
  function requireOpen(signal: CancelSignal | undefined): () => void {
    return () => {
      if (!open) throw storeClosed();
      signal?.throwIfAborted();
    };
  }

  function requireNoImport(): void {
    if (importing) throw storeImporting();
  }

  async function* exportContent(
    signal: CancelSignal | undefined,
  ): AsyncGenerator<StoreBatch, void, undefined> {
    try {
      requireOpen(signal)();
      yield* exportAll(database, counters, requireOpen(signal));
    } catch (error) {
      throw noted(error);
    }
  }

  async function* backup(
    signal: CancelSignal | undefined,
  ): AsyncGenerator<BackupPart, void, undefined> {
    try {
      requireOpen(signal)();
      requireNoImport();
      yield* backups.start(requireOpen(signal));
    } catch (error) {
      throw noted(error);
    }
  }

  async function importContent(
    batches: AsyncIterable<StoreBatch>,
    signal: CancelSignal | undefined,
  ): Promise<void> {
    requireNoImport();
    group.flush();
    importing = true;
    try {
      await importAll(database, counters, batches, requireOpen(signal));
      feed.notify();
    } finally {
      importing = false;
      search.restarted();
    }
  }

  /** Does `work` in a transaction, once for each idempotency key. */
  function writeOnce(
    work: (at: Date) => Uint8Array,
    { idempotencyKey, signal }: WriteOptions = {},
    keptAs?: KeptAs,
  ): Promise<Uint8Array> {
    return run(signal, () => {
      requireNoImport();
      return group.write(() => {
        const at = now();
        if (idempotencyKey === undefined) return work(at);
        return idempotency.runOnce(idempotencyKey, at, () => work(at), keptAs);
      }, signal);
    });
  }

  async function lookUpPeople(
    lookups: readonly PersonLookup[],
    { signal, showDeleted = false }: ReadOptions & { readonly showDeleted?: boolean },
  ): Promise<(Encoded<Person> | undefined)[]> {
    if (lookups.some((lookup) => 'phone' in lookup)) await search.untilFresh(signal);
    return lookups.map((lookup) => lookUp(lookup, showDeleted));
  }

  function queryPeople(
    query: PeopleQuery,
    signal: CancelSignal | undefined,
  ): PeopleQueryPage | Promise<PeopleQueryPage> {
    const { order } = query;
    return order === 'name' ? search.queryByName(query, signal) : queryInOrder({ ...query, order });
  }

  /** A dry run is a read. */
  function importPeople(
    batch: ImportBatch,
    signal: CancelSignal | undefined,
  ): Promise<ImportOutcome> | ImportOutcome {
    if (batch.dryRun) return peopleImport.tryOut(batch, now());
    requireNoImport();
    return group.write(() => peopleImport.import(batch, now()), signal);
  }

  function addUser(
    user: UserRequest,
    { idempotencyKey, signal }: WriteOptions,
  ): Promise<Uint8Array> {
    requireNoImport();
    const add = (): Uint8Array => users.add(user);
    if (idempotencyKey === undefined) return group.writeStatement(add, signal);
    return group.write(() => idempotency.runOnce(idempotencyKey, now(), add), signal);
  }

  function writeKey<T>(work: () => T, { signal }: WriteOptions = {}): Promise<T> {
    return run(signal, () => {
      requireNoImport();
      return group.writeStatement(work, signal);
    });
  }

  async function check({ signal }: ReadOptions): Promise<void> {
    await run(signal, () => file?.check());
    await faults.check();
    await run(signal, () => {
      people.readRandom();
    });
  }

  async function statistics(): Promise<StoreStatistics> {
    const searchLag = await search.lag();
    return file === undefined ? { searchLag } : { ...(await fileSizes(path)), searchLag };
  }

  async function close(): Promise<void> {
    if (!open) return;
    open = false;
    group.flush();
    await backups.stopped();
    await search.stop();
    try {
      closeDatabase(database);
    } catch (error) {
      throw toCloseError(error, path);
    } finally {
      file?.close();
    }
  }

  return {
    findPeople: (keys, options) => run(options?.signal, () => people.find(keys)),
    listPeople: (page, options) => run(options?.signal, () => people.list(page)),
    recordPeople: (batch, options) =>
      writeOnce((at) => people.record(batch, at), options, 'people'),
    hasPeople: (options) => run(options?.signal, () => people.hasAny()),
    changePerson: (change, options) => writeOnce((at) => changes.change(change, at), options),
    purgeDeleted: (before, limit, options) =>
      run(options?.signal, () => {
        requireNoImport();
        return group.write(() => changes.purge(before, limit), options?.signal);
      }),
    lookUpPeople: (lookups, options = {}) =>
      run(options.signal, () => lookUpPeople(lookups, options)),
    queryPeople: (query, options) =>
      run(options?.signal, () => queryPeople(query, options?.signal)),
    defaultCountry: search.defaultCountry,
    findMatches: (readings, page, options) =>
      run(options?.signal, () => search.findMatches(readings, page, options?.signal)),
    countPeople: (options) => run(options?.signal, () => counters.get('people')),
    currentPosition: (options) => run(options?.signal, () => feed.currentPosition()),
    readChanges: (after, limit, options) => run(options?.signal, () => feed.read(after, limit)),
    onChange: (listener) => feed.onChange(listener),
    importPeople: (batch, options) =>
      run(options?.signal, () => importPeople(batch, options?.signal)),
    findImport: (importId, options) => run(options?.signal, () => imports.find(importId, now())),
    listImportFaults: (importId, afterIndex, limit, options) =>
      run(options?.signal, () => imports.listFaults(importId, afterIndex, limit, now())),
    addUser: (user, options = {}) => run(options.signal, () => addUser(user, options)),
    changeUser: (change, options) => writeOnce(() => users.change(change), options),
    findUser: (key, options) => run(options?.signal, () => users.find(key)),
    listUsers: (page, options) => run(options?.signal, () => users.list(page)),
    findResult: (key, options) => run(options?.signal, () => idempotency.find(key, now())),
    addKey: (key, options) =>
      writeKey(() => {
        keys.add(key);
      }, options),
    findKey: (id, options) => run(options?.signal, () => keys.find(id)),
    listKeys: (options) => run(options?.signal, () => keys.list()),
    revokeKey: (nameOrId, at, options) => writeKey(() => keys.revoke(nameOrId, at), options),
    exportAll: (options) => exportContent(options?.signal),
    importAll: (batches, options) =>
      run(options?.signal, () => importContent(batches, options?.signal)),
    backup: (options) => backup(options?.signal),
    check: (options = {}) => check(options),
    statistics: (options) => run(options?.signal, statistics),
    close,
  };
}
