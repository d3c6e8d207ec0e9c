import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Encoded } from '../../directory/encoded.js';
import { DirectoryError } from '../../directory/errors.js';
import { MAX_ID } from '../../directory/person-row.js';
import type { Page, PageRequest, UserKey } from '../../directory/store.js';
import { toUserRow, userEmailKey } from '../../directory/user-row.js';
import type { Database } from './database.js';
import { isUniqueViolation } from './errors.js';
import { PACKED } from './packed.js';
import { createPageReader } from './pages.js';

/** The statements on users; each call is done when it returns. */
export interface UsersTable {
  /** Must be called within a transaction. Writes by a single statement. */
  add(user: UserRequest): Encoded<UserRequest>;
  find(key: UserKey): Encoded<UserRequest> | undefined;
  list(page: PageRequest, verified: boolean): Page<UserRequest>;
}

/** Prepares the statements on users. */
export function prepareUsers(database: Database): UsersTable {
  return {
    add: prepareAdd(database),
    find: prepareFind(database),
    list: prepareList(database),
  };
}

function prepareAdd(database: Database): UsersTable['add'] {
  const maxId = database.prepare('select ifnull(max(id), 0) as id from users');
  const insert = database.prepare(
    'insert into users (id, verified, email_key, message) values (?, ?, ?, ?)',
  );
  // Kept, as no other process writes. If its transaction fails, the next id leaves a gap.
  let lastId: number | undefined;
  return (user) => {
    lastId ??= (maxId.get() as { id: number }).id;
    if (lastId >= MAX_ID) throw noIdLeft();
    const row = toUserRow(user, lastId + 1);
    try {
      insert.run(row.id, row.verified ? 1 : 0, row.emailKey ?? null, row.message);
    } catch (error) {
      throw isUniqueViolation(error) ? emailTaken() : error;
    }
    lastId = row.id;
    return row.message;
  };
}

function noIdLeft(): DirectoryError {
  return new DirectoryError('exhausted', 'no user id is left', { code: 'NO_ID_LEFT' });
}

function emailTaken(): DirectoryError {
  return new DirectoryError('already-exists', 'another user has this email', {
    code: 'EMAIL_TAKEN',
  });
}

function prepareFind(database: Database): UsersTable['find'] {
  const byId = database.prepare('select message from users where id = ?');
  const byEmailKey = database.prepare('select message from users where email_key = ?');

  function findRow(key: UserKey): unknown {
    if ('id' in key) return byId.get(key.id);
    const emailKey = userEmailKey(key.email);
    // SQLite would compare only what is before a NUL.
    if (emailKey === undefined || emailKey.includes('\0')) return undefined;
    return byEmailKey.get(emailKey);
  }

  return (key) => (findRow(key) as { message: Uint8Array } | undefined)?.message;
}

function prepareList(database: Database): UsersTable['list'] {
  const readPage = createPageReader<UserRequest>(
    database.prepare(`
      select ${PACKED} from (
        select id, message from users where verified = ? and id > ? order by id limit ?
      )`),
  );
  return (page, verified) => readPage(page, verified ? 1 : 0);
}
