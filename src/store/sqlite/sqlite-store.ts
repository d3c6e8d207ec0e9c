import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Person } from '../../../gen/personguide/person_guide.js';
import { storeClosed, storeImporting } from '../../directory/errors.js';
import type {
  CancelSignal,
  ReadOptions,
  Store,
  StoreBatch,
  WriteOptions,
} from '../../directory/store.js';
import { prepareCounters } from './counters.js';
import { closeDatabase, openDatabase, type Database } from './database.js';
import { toStoreError } from './errors.js';
import { watchFile } from './file-identity.js';
import { createGroupCommit } from './group-commit.js';
import { prepareIdempotency } from './idempotency-table.js';
import { preparePeople } from './people-table.js';
import { exportAll, importAll } from './transfer.js';
import { prepareUsers } from './users-table.js';

/** Options of a SQLite store. */
export interface SqliteStoreOptions {
  /** The clock for writes. Default: the system's clock. */
  readonly now?: () => Date;
}

/**
 * Opens a file, or `:memory:`, as a Store for this process alone.
 * Rejects with `unavailable` and one line for the operator, which names the file.
 */
export async function openSqliteStore(
  path: string,
  options: SqliteStoreOptions = {},
): Promise<Store> {
  const database = await openDatabase(path);
  try {
    return createStore(database, await watchFile(path), options.now ?? (() => new Date()));
  } catch (error) {
    closeDatabase(database);
    throw toStoreError(error);
  }
}

function createStore(database: Database, checkFile: () => Promise<void>, now: () => Date): Store {
  const counters = prepareCounters(database);
  const people = preparePeople(database, counters);
  const users = prepareUsers(database, counters);
  const idempotency = prepareIdempotency(database);
  const group = createGroupCommit(database, {
    beforeCommit: () => {
      counters.save();
    },
    afterRollback: () => {
      counters.reset();
    },
  });
  let open = true;
  let importing = false;

  /** Runs `work`, a read or a write, unless the store is closed or the call was aborted. */
  async function run<T>(signal: CancelSignal | undefined, work: () => T): Promise<Awaited<T>> {
    if (!open) throw storeClosed();
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error);
    }
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
      throw toStoreError(error);
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
    } finally {
      importing = false;
    }
  }

  function recordPeople(
    batch: readonly Person[],
    { idempotencyKey, signal }: WriteOptions,
  ): Promise<Uint8Array> {
    requireNoImport();
    return group.write(() => {
      const at = now();
      const record = (): Uint8Array => people.record(batch, at);
      if (idempotencyKey === undefined) return record();
      return idempotency.runOnce(idempotencyKey, at, record);
    }, signal);
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

  async function check({ signal }: ReadOptions): Promise<void> {
    await run(signal, checkFile);
    await run(signal, () => {
      people.readRandom();
    });
  }

  async function close(): Promise<void> {
    if (!open) return;
    open = false;
    group.flush();
    try {
      closeDatabase(database);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  return {
    findPeople: (keys, options) => run(options?.signal, () => people.find(keys)),
    listPeople: (page, options) => run(options?.signal, () => people.list(page)),
    recordPeople: (batch, options = {}) => run(options.signal, () => recordPeople(batch, options)),
    hasPeople: (options) => run(options?.signal, () => people.hasAny()),
    addUser: (user, options = {}) => run(options.signal, () => addUser(user, options)),
    findUser: (key, options) => run(options?.signal, () => users.find(key)),
    listUsers: (page, options) => run(options?.signal, () => users.list(page)),
    findResult: (key, options) => run(options?.signal, () => idempotency.find(key, now())),
    exportAll: (options) => exportContent(options?.signal),
    importAll: (batches, options) =>
      run(options?.signal, () => importContent(batches, options?.signal)),
    check: (options = {}) => check(options),
    close,
  };
}
