import { storeClosed } from '../../directory/errors.js';
import type { CancelSignal, ReadOptions, Store, StoreBatch } from '../../directory/store.js';
import type { Timeouts } from './connections.js';
import { openDatabase, type Database } from './database.js';
import { toStoreError } from './errors.js';
import { createGroupCommit } from './group-commit.js';
import { findResults, resultFor } from './idempotency-table.js';
import { findKey, insertKey, listKeys, revokeKey } from './keys-table.js';
import { createPeople, recordGroup, type PeopleWrite } from './people-table.js';
import { untilAborted } from './signal.js';
import { exportAll, importAll } from './transfer.js';
import { addGroup, createUsers, type UserWrite } from './users-table.js';

/** Options of a PostgreSQL store. */
export interface PostgresStoreOptions {
  /** The clock for writes. Default: the system's clock. */
  readonly now?: () => Date;
  /** Whether to reject a database without the tables of a store, instead of creating them. */
  readonly mustExist?: boolean;
  /** For tests; the README of this folder lists the defaults. */
  readonly timeouts?: Partial<Timeouts>;
}

/** People in one transaction; a larger recording has one of its own. */
const MAX_PEOPLE_PER_GROUP = 10_000;

/** Users in one transaction. */
const MAX_USERS_PER_GROUP = 1_000;

const CHECK = { name: 'check_store', text: 'select name from counters limit 1' };

/**
 * Opens the database of a `postgres://` URL as a Store; any number of processes may share it.
 * Rejects with `unavailable` and one line for the operator, which names the URL without password.
 */
export async function openPostgresStore(
  url: string,
  options: PostgresStoreOptions = {},
): Promise<Store> {
  return createStore(await openDatabase(url, options), options.now ?? (() => new Date()));
}

function createStore(database: Database, now: () => Date): Store {
  const people = createPeople(database.read);
  const users = createUsers(database.read);
  const recordings = createGroupCommit({
    run: (writes: readonly PeopleWrite[]) =>
      database.transaction((run) => recordGroup(run, writes, now())),
    isRepeatable: ({ idempotencyKey }) => idempotencyKey !== undefined,
    sizeOf: (write) => write.people.length,
    maxSize: MAX_PEOPLE_PER_GROUP,
  });
  const additions = createGroupCommit({
    run: (writes: readonly UserWrite[]) =>
      database.transaction((run) => addGroup(run, writes, now())),
    isRepeatable: ({ idempotencyKey }) => idempotencyKey !== undefined,
    sizeOf: () => 1,
    maxSize: MAX_USERS_PER_GROUP,
  });
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
    await Promise.all([recordings.idle(), additions.idle()]);
    await database.close();
  }

  return {
    findPeople: (keys, options) => call(options?.signal, () => people.find(keys, options?.signal)),
    listPeople: (page, options) => read(options, () => people.list(page)),
    recordPeople: (batch, { signal, idempotencyKey } = {}) =>
      call(signal, () => recordings.write({ people: batch, idempotencyKey }, signal)),
    hasPeople: (options) => read(options, () => people.hasAny()),
    addUser: (user, { signal, idempotencyKey } = {}) =>
      call(signal, () => additions.write({ user, idempotencyKey }, signal)),
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
