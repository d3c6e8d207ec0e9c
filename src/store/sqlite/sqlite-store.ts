import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Person } from '../../../gen/personguide/person_guide.js';
import { DirectoryError } from '../../directory/errors.js';
import type { Once, Store } from '../../directory/store.js';
import { prepareAnswers } from './answers-table.js';
import { closeDatabase, openDatabase, type Database } from './database.js';
import { toStoreError } from './errors.js';
import { createGroupCommit } from './group-commit.js';
import { preparePeople } from './people-table.js';
import { prepareUsers } from './users-table.js';

/** What a SQLite store may be given besides its file. */
export interface SqliteStoreOptions {
  /** Tells the time of writes. Default: the system's clock. */
  readonly now?: () => Date;
}

/**
 * Opens a file, or `:memory:`, as a Store for this process alone.
 * Rejects with `unavailable` and one line that names the file and says what to do.
 */
export async function openSqliteStore(
  path: string,
  options: SqliteStoreOptions = {},
): Promise<Store> {
  return createStore(await openDatabase(path), options.now ?? (() => new Date()));
}

function createStore(database: Database, now: () => Date): Store {
  const people = preparePeople(database);
  const users = prepareUsers(database);
  const runOnce = prepareAnswers(database);
  const group = createGroupCommit(database);
  let open = true;

  async function read<T>(work: () => T): Promise<T> {
    if (!open) throw closed();
    try {
      return work();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async function write<T>(work: () => Promise<T>): Promise<T> {
    if (!open) throw closed();
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  function recordPeople(batch: readonly Person[], once: Once | undefined) {
    return group.write(() => {
      const at = now();
      const record = () => people.record(batch, at);
      return once === undefined ? record() : runOnce(once, at, record);
    });
  }

  function addUser(user: UserRequest, once: Once | undefined) {
    const add = () => users.add(user);
    if (once === undefined) return group.writeStatement(add);
    return group.write(() => runOnce(once, now(), add));
  }

  return {
    findPeople: (keys) => read(() => people.find(keys)),
    listPeople: (page, addressKey) => read(() => people.list(page, addressKey)),
    recordPeople: (batch, options) => write(() => recordPeople(batch, options?.once)),
    hasPeople: () => read(() => people.hasAny()),
    addUser: (user, options) => write(() => addUser(user, options?.once)),
    findUser: (key) => read(() => users.find(key)),
    listUsers: (page, verified) => read(() => users.list(page, verified)),
    check: () =>
      read(() => {
        people.hasAny();
      }),
    close: async () => {
      if (!open) return;
      open = false;
      group.flush();
      try {
        closeDatabase(database);
      } catch (error) {
        throw toStoreError(error);
      }
    },
  };
}

function closed(): DirectoryError {
  return new DirectoryError('unavailable', 'the store is closed', { code: 'STORE_CLOSED' });
}
