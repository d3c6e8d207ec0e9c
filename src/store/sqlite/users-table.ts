import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Encoded } from '../../directory/encoded.js';
import { emailTaken, noUserIdLeft } from '../../directory/errors.js';
import { MAX_ID } from '../../directory/person-row.js';
import type { Page, UserKey, UsersPageRequest } from '../../directory/store.js';
import { toUserRow, userEmailKey } from '../../directory/user-row.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import { isUniqueViolation } from './errors.js';
import { PACKED } from './packed.js';
import { createPageReader } from './pages.js';

/** The statements on users; each call is done when it returns. */
export interface UsersTable {
  /** Must be called within a transaction. Changes nothing if it throws. */
  add(user: UserRequest): Encoded<UserRequest>;
  find(key: UserKey): Encoded<UserRequest> | undefined;
  list(page: UsersPageRequest): Page<UserRequest>;
}

/** Prepares the statements on users. */
export function prepareUsers(database: Database, counters: Counters): UsersTable {
  return {
    add: prepareAdd(database, counters),
    find: prepareFind(database),
    list: prepareList(database),
  };
}

function prepareAdd(database: Database, counters: Counters): UsersTable['add'] {
  const insert = database.prepare(
    'insert into users (id, verified, email_key, message) values (?, ?, ?, ?)',
  );
  return (user) => {
    const id = counters.get('first_free_user_id');
    if (id > MAX_ID) throw noUserIdLeft();
    const row = toUserRow(user, id);
    try {
      insert.run(row.id, row.verified ? 1 : 0, row.emailKey ?? null, row.message);
    } catch (error) {
      throw isUniqueViolation(error) ? emailTaken() : error;
    }
    counters.set('first_free_user_id', id + 1);
    return row.message;
  };
}

function prepareFind(database: Database): UsersTable['find'] {
  const byId = database.prepare('select message from users where id = ?');
  const byEmailKey = database.prepare('select message from users where email_key = ?');

  function findRow(key: UserKey): unknown {
    if ('id' in key) return byId.get(key.id);
    const emailKey = userEmailKey(key.email);
    // SQLite would compare only the part before a NUL.
    if (emailKey === undefined || emailKey.includes('\0')) return undefined;
    return byEmailKey.get(emailKey);
  }

  return (key) => (findRow(key) as { message: Uint8Array } | undefined)?.message;
}

function prepareList(database: Database): UsersTable['list'] {
  const readAll = createPageReader<UserRequest>(
    database.prepare(`
      select ${PACKED} from (
        select id, message from users where id > ? order by id limit ?
      )`),
  );
  const readByFlag = createPageReader<UserRequest>(
    database.prepare(`
      select ${PACKED} from (
        select id, message from users where verified = ? and id > ? order by id limit ?
      )`),
  );
  return (page) =>
    page.verified === undefined ? readAll(page) : readByFlag(page, page.verified ? 1 : 0);
}
