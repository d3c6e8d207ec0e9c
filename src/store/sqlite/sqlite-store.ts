import { storeClosed, storeImporting } from '../../directory/errors.js';
import type {
  CancelSignal,
  Commit,
  ImportBatch,
  ImportOutcome,
  PeopleQuery,
  PeopleQueryPage,
  PersonKey,
  PersonLookup,
  ReadOptions,
  Store,
  StoreBatch,
  StoreStatistics,
  UserKey,
  WriteOptions,
} from '../../directory/store.js';
import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type { BackupPart, BackupStore } from '../../directory/backup.js';
import { prepareBackups } from './backup.js';
import { prepareChangeFeed } from './change-feed.js';
import { prepareCounters, type CounterName } from './counters.js';
import {
  absolutePath,
  closeDatabase,
  openConnection,
  openDatabase,
  type Database,
} from './database.js';
import { toCloseError, toOpenError, toStoreError } from './errors.js';
import { watchFaults } from './faults.js';
import { gatherReads } from './gathered-reads.js';
import { setDefaultCountry } from './indexing.js';
import { packImport, packPeople } from './packed-people.js';
import { prepareLookUp } from './people-lookup.js';
import { prepareQueryPeople } from './people-query.js';
import { prepareSearchIndex } from './search-index.js';
import { prepareSearch } from './search.js';
import { createSnapshot, withoutSnapshot } from './snapshot.js';
import { openStoreFile, type StoreFile } from './store-file.js';
import { fileSizes } from './statistics.js';
import { lockStore, type StoreLock } from './store-lock.js';
import { prepareTables } from './tables.js';
import { exportAll } from './transfer.js';
import { watchVersion } from './version-watch.js';
import { createWriteQueue } from './write-queue.js';
import {
  canStartWriterThread,
  inlineWriter,
  startWriterThread,
  type WriterClient,
} from './writer-client.js';
import { createWriter } from './writer.js';
import { userFields, type Write, type WriteName, type Writes } from './writes.js';

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
  /**
   * Whether other processes use the file, too: then it is not locked here, but by holdSqliteFile()
   * in one of them.
   */
  readonly shared?: boolean | undefined;
  /** Whether to open a file whose latest writes were in a WAL that is missing now. */
  readonly acceptLoss?: boolean | undefined;
}

/** A store that can copy itself while it is used. */
export interface SqliteStore extends Store, BackupStore {}

/** Other processes keep the file locked for moments only. */
const SHARED_WAIT_MS = 10_000;

/**
 * Opens a file, or `:memory:`, as a Store; a file for this process alone unless it is shared.
 * Rejects with `unavailable` and one line for the operator, which names the file.
 */
export async function openSqliteStore(
  path: string,
  options: SqliteStoreOptions = {},
): Promise<SqliteStore> {
  if (path === ':memory:') return openInMemory(options);
  const opened = await openFile(path, options);
  try {
    initialize(opened.database, options);
  } catch (error) {
    opened.close();
    throw toOpenError(error, absolutePath(path));
  }
  return openOnFile(absolutePath(path), opened, options);
}

/** Keeps a file for this process and those that open it with the option `shared`. */
export interface HeldFile {
  close(): Promise<void>;
}

/** Opens a file, and locks it as a store that is not shared does. */
export async function holdSqliteFile(path: string): Promise<HeldFile> {
  const opened = await openFile(path, {});
  return {
    close: async () => {
      opened.close();
    },
  };
}

/** An open file, with the lock if this process has it. */
interface OpenFile {
  readonly database: Database;
  readonly isShared: boolean;
  /** Throws errors of SQLite. */
  close(): void;
}

async function openFile(
  path: string,
  { shared: isShared = false, acceptLoss }: SqliteStoreOptions,
): Promise<OpenFile> {
  let lock: StoreLock | undefined;
  try {
    const database = await openDatabase(path, {
      waitMs: isShared ? SHARED_WAIT_MS : 0,
      acceptLoss,
      claim: isShared
        ? undefined
        : () => {
            lock = lockStore(absolutePath(path));
          },
    });
    return {
      database,
      isShared,
      close: () => {
        try {
          if (isShared) database.close();
          else closeDatabase(database);
        } finally {
          lock?.release();
        }
      },
    };
  } catch (error) {
    lock?.release();
    throw toOpenError(error, absolutePath(path));
  }
}

/** What must be written before the writer is started. */
function initialize(database: Database, { defaultCountry }: SqliteStoreOptions): void {
  if (defaultCountry === undefined) return;
  const begin = (): void => {
    database.exec('begin immediate');
  };
  setDefaultCountry(database, prepareSearchIndex(database), begin, defaultCountry);
}

async function openInMemory(options: SqliteStoreOptions): Promise<SqliteStore> {
  const database = await openDatabase(':memory:');
  initialize(database, options);
  const parts = { database, second: undefined, file: undefined, path: ':memory:' };
  const writer = inlineWriter(createWriter(parts));
  const close = (): void => {
    closeDatabase(database);
  };
  return createStore(
    { database, path: ':memory:', file: undefined, writer, isShared: false, close },
    options,
  );
}

async function openOnFile(
  path: string,
  opened: OpenFile,
  options: SqliteStoreOptions,
): Promise<SqliteStore> {
  const { database, isShared } = opened;
  const file = openStoreFile(path);
  const close = (): void => {
    try {
      opened.close();
    } finally {
      file.close();
    }
  };
  try {
    const writer = await openWriter(path, database, file);
    return createStore({ database, path, file, writer, isShared, close }, options);
  } catch (error) {
    close();
    throw toStoreError(error, path);
  }
}

/** A writer in a thread; in this one if the program was bundled without the file of the thread. */
async function openWriter(
  path: string,
  database: Database,
  file: StoreFile,
): Promise<WriterClient> {
  if (!canStartWriterThread()) {
    const second = openConnection(path);
    return inlineWriter(createWriter({ database, second, file, path }), second);
  }
  const writer = await startWriterThread(path);
  database.exec(`pragma query_only = 1; pragma busy_timeout = ${SHARED_WAIT_MS}`);
  return writer;
}

/** What a store is made of. */
interface StoreParts {
  readonly database: Database;
  readonly path: string;
  /** Undefined in memory. */
  readonly file: StoreFile | undefined;
  readonly writer: WriterClient;
  readonly isShared: boolean;
  /** Closes the database and the file; the writer is closed by then. */
  readonly close: () => void;
}

function createStore(
  { database, path, file, writer, isShared, close: closeFiles }: StoreParts,
  { now = () => new Date(), onCommit }: SqliteStoreOptions,
): SqliteStore {
  let closing: Promise<void> | undefined;
  let importing = false;
  const stored = prepareCounters(database);
  const forget = (): void => {
    stored.reset();
  };
  // A connection that writes, too, cannot read in a transaction; and with other processes, a read
  // must see what they have acknowledged in the meantime.
  const snapshot =
    writer.isThread && !isShared ? createSnapshot(database, forget) : withoutSnapshot(forget);
  const counters = {
    ...stored,
    get: (name: CounterName) => {
      snapshot.begin();
      return stored.get(name);
    },
  };
  const tables = prepareTables(database, counters);
  const { people, users, imports, idempotency, keys } = tables;
  const personReads = gatherReads((wanted: readonly PersonKey[]) => {
    snapshot.begin();
    return people.find(wanted).map((person) => [person]);
  });
  const userReads = gatherReads((wanted: readonly UserKey[]) => {
    snapshot.begin();
    return users.findAll(wanted);
  });
  const feed = prepareChangeFeed(database, counters);
  const search = prepareSearch(database, counters, tables, async () => {
    requireNoImport();
    return writer.call('indexSlice');
  });
  const lookUp = prepareLookUp(database, (phone, showDeleted) =>
    search.findByPhone(phone, showDeleted),
  );
  const queryInOrder = prepareQueryPeople(database, tables);
  let knownRevision = counters.get('revision');
  const queue = createWriteQueue(writer, now, ({ commit, revision }) => {
    onCommit?.(commit);
    snapshot.end();
    if (revision === knownRevision) return;
    knownRevision = revision;
    feed.notify();
    search.written();
  });
  const versions = watchVersion(database, () => {
    feed.notify();
  });
  const faults = watchFaults(() => run(undefined, tryWrite));
  writer.onEnd((reason) => {
    faults.note(reason);
  });
  const backups = prepareBackups(
    {
      freeze: () => {
        snapshot.end();
        return writer.call('freeze');
      },
      unfreeze: () => writer.call('unfreeze'),
    },
    file,
  );
  /** Writes that are encoded, and then join the queue. */
  const packing = new Set<Promise<unknown>>();

  /** Runs `work` unless the store is closed or the call was aborted. */
  async function run<T>(signal: CancelSignal | undefined, work: () => T): Promise<Awaited<T>> {
    if (closing !== undefined) throw storeClosed();
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      throw noted(error);
    }
  }

  function read<T>(signal: CancelSignal | undefined, work: () => T): Promise<Awaited<T>> {
    return run(signal, () => {
      snapshot.begin();
      return work();
    });
  }

  function write<Name extends WriteName>(
    name: Name,
    argument: Write<Name>['argument'],
    options: WriteOptions = {},
  ): Promise<ReturnType<Writes[Name]>> {
    return run(options.signal, () => {
      requireNoImport();
      return queue.write(name, argument, options);
    });
  }

  /** Writes what is encoded first, which takes several turns of the event loop if it is large. */
  function writePacked<Name extends WriteName>(
    name: Name,
    pack: () => Promise<Write<Name>['argument']>,
    options: WriteOptions = {},
  ): Promise<ReturnType<Writes[Name]>> {
    return run(options.signal, async () => {
      requireNoImport();
      const packed = pack();
      packing.add(packed);
      try {
        const argument = await packed;
        requireNoImport();
        return await queue.write(name, argument, options);
      } finally {
        packing.delete(packed);
      }
    });
  }

  /** Resolves when all writes so far have settled. */
  async function settled(): Promise<void> {
    await Promise.allSettled(packing);
    await queue.flush();
  }

  async function tryWrite(): Promise<void> {
    requireNoImport();
    await queue.write('insertTrial', undefined);
    await queue.write('removeTrial', undefined);
  }

  function noted(error: unknown): unknown {
    const storeError = toStoreError(error, path);
    faults.note(storeError);
    return storeError;
  }

  /** Checks before each batch of a long call. */
  function requireOpen(signal: CancelSignal | undefined): () => void {
    return () => {
      if (closing !== undefined) throw storeClosed();
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
    importing = true;
    try {
      await settled();
      await writer.call('beginImport');
      try {
        for await (const batch of batches) {
          requireOpen(signal)();
          await writer.call('importBatch', batch);
        }
        await writer.call('commitImport');
      } catch (error) {
        await writer.call('rollBackImport');
        throw error;
      }
    } finally {
      importing = false;
    }
    snapshot.end();
    knownRevision = counters.get('revision');
    feed.notify();
    search.written();
  }

  function findPeople(
    wanted: readonly PersonKey[],
    { signal }: ReadOptions = {},
  ): Promise<(Encoded<Person> | undefined)[]> {
    const [key] = wanted;
    if (key === undefined || wanted.length > 1) return read(signal, () => people.find(wanted));
    return run(signal, () => personReads.read(key));
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

  /** A dry run is a read; it takes as long as the import. */
  function importPeople(batch: ImportBatch, options: ReadOptions = {}): Promise<ImportOutcome> {
    if (!batch.dryRun) return writePacked('importPeople', () => packImport(batch), options);
    return run(options.signal, async () =>
      writer.call('tryImport', await packImport(batch), now().getTime()),
    );
  }

  async function check({ signal }: ReadOptions): Promise<void> {
    await run(signal, () => file?.check());
    await faults.check();
    await read(signal, () => {
      people.readRandom();
    });
  }

  async function statistics(): Promise<StoreStatistics> {
    const searchLag = await search.lag();
    return file === undefined ? { searchLag } : { ...(await fileSizes(path)), searchLag };
  }

  async function closeAll(): Promise<void> {
    personReads.flush();
    userReads.flush();
    await settled();
    await backups.stopped();
    await search.stop();
    await writer.close();
    snapshot.end();
    try {
      closeFiles();
    } catch (error) {
      throw toCloseError(error, path);
    }
  }

  function close(): Promise<void> {
    if (closing !== undefined) return closing.catch(() => undefined);
    closing = closeAll();
    return closing;
  }

  function onChange(listener: () => void): () => void {
    const stopListening = feed.onChange(listener);
    const stopWatching = isShared ? versions.add() : undefined;
    return () => {
      stopListening();
      stopWatching?.();
    };
  }

  return {
    findPeople,
    listPeople: (page, options) => read(options?.signal, () => people.list(page)),
    recordPeople: (batch, options) => writePacked('recordPeople', () => packPeople(batch), options),
    hasPeople: (options) => read(options?.signal, () => people.hasAny()),
    changePerson: (change, options) => write('changePerson', change, options),
    purgeDeleted: (before, limit, options) => write('purgeDeleted', { before, limit }, options),
    lookUpPeople: (lookups, options = {}) =>
      read(options.signal, () => lookUpPeople(lookups, options)),
    queryPeople: (query, options) =>
      read(options?.signal, () => queryPeople(query, options?.signal)),
    defaultCountry: search.defaultCountry,
    findMatches: (readings, page, options) =>
      read(options?.signal, () => search.findMatches(readings, page, options?.signal)),
    countPeople: (options) => read(options?.signal, () => counters.get('people')),
    currentPosition: (options) => read(options?.signal, () => feed.currentPosition()),
    readChanges: (after, limit, options) => read(options?.signal, () => feed.read(after, limit)),
    onChange,
    importPeople,
    findImport: (importId, options) => read(options?.signal, () => imports.find(importId, now())),
    listImportFaults: (importId, afterIndex, limit, options) =>
      read(options?.signal, () => imports.listFaults(importId, afterIndex, limit, now())),
    addUser: (user, options) => write('addUser', userFields(user), options),
    changeUser: (change, options) => write('changeUser', change, options),
    findUser: (key, options) => run(options?.signal, () => userReads.read(key)),
    listUsers: (page, options) => read(options?.signal, () => users.list(page)),
    findResult: (key, options) => read(options?.signal, () => idempotency.find(key, now())),
    addKey: (key, options) => write('addKey', key, options),
    findKey: (id, options) => read(options?.signal, () => keys.find(id)),
    listKeys: (options) => read(options?.signal, () => keys.list()),
    revokeKey: (nameOrId, at, options) => write('revokeKey', { nameOrId, at }, options),
    exportAll: (options) => exportContent(options?.signal),
    importAll: (batches, options) =>
      run(options?.signal, () => importContent(batches, options?.signal)),
    backup: (options) => backup(options?.signal),
    statistics: (options) => run(options?.signal, statistics),
    check: (options = {}) => check(options),
    close,
  };
}
