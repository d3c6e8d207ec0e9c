import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Encoded } from '../../directory/encoded.js';
import { emailTaken, noUserIdLeft } from '../../directory/errors.js';
import { MAX_ID } from '../../directory/free-ids.js';
import type { Page, UserChange, UserKey, UsersPageRequest } from '../../directory/store.js';
import { planUserChange, toUserRow, userEmailKey, type UserRow } from '../../directory/user-row.js';
import type { Counters } from './counters.js';
import type { Database, Value } from './database.js';
import { isUniqueViolation } from './errors.js';
import { PACKED, unpack, type PackedRow } from './packed.js';
import { createPageReader } from './pages.js';

/** From this many keys on, a statement for all of a kind is faster than one for each. */
const MIN_KEYS_FOR_BATCH = 4;

type FoundUser = Encoded<UserRequest> | undefined;

/** The statements on users; each call is done when it returns. */
export interface UsersTable {
  /** Must be called within a transaction. Changes nothing if it throws. */
  add(user: UserRequest): Encoded<UserRequest>;
  /** Must be called within a transaction. Changes nothing if it throws. */
  change(change: UserChange): Encoded<UserRequest>;
  find(key: UserKey): FoundUser;
  /** Those of the keys, in their order. */
  findAll(keys: readonly UserKey[]): FoundUser[];
  list(page: UsersPageRequest): Page<UserRequest>;
}

/** Prepares the statements on users. */
export function prepareUsers(database: Database, counters: Counters): UsersTable {
  const find = prepareFind(database);
  return {
    add: prepareAdd(database, counters),
    change: prepareChange(database, find),
    find,
    findAll: prepareFindAll(database, find),
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
    // Unlike run(), it makes no object of counts, which takes 0.8 us.
    requireFreeEmail(() => insert.get(...valuesOf(row)));
    counters.set('first_free_user_id', id + 1);
    return row.message;
  };
}

function prepareChange(database: Database, find: UsersTable['find']): UsersTable['change'] {
  const update = database.prepare(
    'update users set verified = ?2, email_key = ?3, message = ?4 where id = ?1',
  );
  const remove = database.prepare('delete from users where id = ?');
  return (change) => {
    const id = change.kind === 'update' ? change.user.id : change.id;
    const plan = planUserChange(change, find({ id }));
    switch (plan.kind) {
      case 'none':
        return plan.result;
      case 'put':
        requireFreeEmail(() => update.run(...valuesOf(plan.row)));
        return plan.row.message;
      case 'delete':
        remove.run(plan.id);
        return plan.result;
    }
  };
}

function valuesOf({ id, verified, emailKey, message }: UserRow): Value[] {
  return [id, verified ? 1 : 0, emailKey ?? null, message];
}

function requireFreeEmail(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    throw isUniqueViolation(error) ? emailTaken() : error;
  }
}

function prepareFind(database: Database): UsersTable['find'] {
  const byId = database.prepare('select message from users where id = ?');
  const byEmailKey = database.prepare('select message from users where email_key = ?');

  function findRow(key: UserKey): unknown {
    if ('id' in key) return byId.get(key.id);
    const emailKey = searchableEmailKey(key.email);
    return emailKey === undefined ? undefined : byEmailKey.get(emailKey);
  }

  return (key) => (findRow(key) as { message: Uint8Array } | undefined)?.message;
}

function prepareFindAll(database: Database, find: UsersTable['find']): UsersTable['findAll'] {
  const byIds = prepareFindBy(database, 'id');
  const byEmailKeys = prepareFindBy(database, 'email_key');
  return (keys) => {
    if (keys.length < MIN_KEYS_FOR_BATCH) return keys.map(find);
    const ids: number[] = [];
    const emailKeys: (string | null)[] = [];
    for (const key of keys) {
      if ('id' in key) ids.push(key.id);
      else emailKeys.push(searchableEmailKey(key.email) ?? null);
    }
    const [usersById, usersByEmailKey] = [byIds(ids), byEmailKeys(emailKeys)];
    let [nextId, nextEmail] = [0, 0];
    return keys.map((key) => ('id' in key ? usersById[nextId++] : usersByEmailKey[nextEmail++]));
  };
}

function prepareFindBy(
  database: Database,
  column: 'id' | 'email_key',
): (values: readonly unknown[]) => FoundUser[] {
  const statement = database.prepare(`
    select ${PACKED} from (
      select users.id, users.message
      from json_each(?) as wanted left join users on users.${column} = wanted.value
    )`);
  return (values) =>
    values.length === 0 ? [] : unpack(statement.get(JSON.stringify(values)) as PackedRow);
}

/** Undefined if no user can have it: SQLite would compare only the part before a NUL. */
function searchableEmailKey(email: string): string | undefined {
  const key = userEmailKey(email);
  return key?.includes('\0') === true ? undefined : key;
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
