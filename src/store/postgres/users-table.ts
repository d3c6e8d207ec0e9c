import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Encoded } from '../../directory/encoded.js';
import { emailTaken, noUserIdLeft } from '../../directory/errors.js';
import { MAX_ID } from '../../directory/free-ids.js';
import type {
  CancelSignal,
  IdempotencyKey,
  Page,
  UserKey,
  UsersPageRequest,
} from '../../directory/store.js';
import { toUserRow, userEmailKey, type UserRow } from '../../directory/user-row.js';
import { lockUserCounter, raiseUserCounter } from './counters.js';
import { intArray, type RunStatement, type Value } from './database.js';
import type { Outcome } from './group-commit.js';
import { createGroupRead } from './group-read.js';
import { findKeyed } from './idempotency-table.js';
import { packParameter } from './packed-parameter.js';
import { PACKED, unpack } from './packed.js';
import { createPageReader } from './pages.js';
import { untilAborted } from './signal.js';

type FoundUser = Encoded<UserRequest> | undefined;

/** A call of addUser. */
export interface UserWrite {
  readonly user: UserRequest;
  readonly idempotencyKey: IdempotencyKey | undefined;
}

/** The statements on users. */
export interface UsersTable {
  find(key: UserKey, signal: CancelSignal | undefined): Promise<FoundUser>;
  list(page: UsersPageRequest): Promise<Page<UserRequest>>;
}

const FIND_BY_ID = {
  name: 'find_users_by_id',
  text: `select ${PACKED} from users where id = any($1::integer[])`,
};

const FIND_BY_EMAIL = {
  name: 'find_users_by_email',
  text: 'select email_key, message from users where email_key = any($1::text[])',
};

const FIND_TAKEN = {
  name: 'find_taken_emails',
  text: 'select email_key from users where email_key = any($1::text[])',
};

const LIST_ALL = {
  name: 'list_all_users',
  text: `
    select ${PACKED} from (
      select id, message from users where id > $1 order by id limit $2
    ) as page`,
};

const LIST_BY_FLAG = {
  name: 'list_users',
  text: `
    select ${PACKED} from (
      select id, message from users where verified = $1 and id > $2 order by id limit $3
    ) as page`,
};

const INSERT = {
  name: 'insert_users',
  text: `
    insert into users (id, verified, email_key, message)
    select id, verified, email_key, substring($4::bytea from start for length)
    from unnest($1::integer[], $2::boolean[], $3::text[], $5::integer[], $6::integer[])
      as sent (id, verified, email_key, start, length)`,
};

/** Prepares lookups and lists. */
export function createUsers(run: RunStatement): UsersTable {
  const findById = createGroupRead<number, Encoded<UserRequest>>((ids) => findUsersById(run, ids));
  const findByEmail = createGroupRead<string, Encoded<UserRequest>>(async (emailKeys) => {
    const rows = await run(FIND_BY_EMAIL, [emailKeys]);
    return new Map(rows as [string, Uint8Array][]);
  });
  const readAll = createPageReader<UserRequest>(run, LIST_ALL);
  const readByFlag = createPageReader<UserRequest>(run, LIST_BY_FLAG);

  function find(key: UserKey, signal: CancelSignal | undefined): Promise<FoundUser> {
    if ('id' in key) return findById(key.id, signal);
    const emailKey = userEmailKey(key.email);
    // PostgreSQL has no text with a NUL.
    if (emailKey === undefined || emailKey.includes('\0')) return Promise.resolve(undefined);
    return findByEmail(emailKey, signal);
  }

  return {
    find: (key, signal) => untilAborted(find(key, signal), signal),
    list: (page) => (page.verified === undefined ? readAll(page) : readByFlag(page, page.verified)),
  };
}

/** Finds users by their ids. */
export async function findUsersById(
  run: RunStatement,
  ids: readonly number[],
): Promise<Map<number, Encoded<UserRequest>>> {
  const [row] = await run(FIND_BY_ID, [intArray(ids)]);
  const found = unpack(row);
  return new Map(found.ids.map((id, index) => [id, found.messages[index] ?? new Uint8Array()]));
}

/**
 * Adds users in one transaction, one after another; each sees those before it. A user that cannot
 * be added has no effect on the others.
 */
export async function addGroup(
  run: RunStatement,
  writes: readonly UserWrite[],
  now: Date,
): Promise<Outcome<Encoded<UserRequest>>[]> {
  const keyed = await findKeyed(run, writes, now);
  const taken = await findTaken(run, writes);
  const added: UserRow[] = [];
  let nextId = await lockUserCounter(run);

  function addOne(user: UserRequest): Encoded<UserRequest> {
    const emailKey = userEmailKey(user.email);
    if (emailKey !== undefined && taken.has(emailKey)) throw emailTaken();
    if (nextId > MAX_ID) throw noUserIdLeft();
    const row = toUserRow(user, nextId);
    nextId += 1;
    added.push(row);
    if (emailKey !== undefined) taken.add(emailKey);
    return row.message;
  }

  const outcomes = writes.map(({ user, idempotencyKey }) =>
    keyed.outcomeOf(idempotencyKey, () => addOne(user)),
  );
  await insertUsers(run, added);
  await keyed.save();
  if (added.length > 0) await raiseUserCounter(run, nextId);
  return outcomes;
}

async function findTaken(run: RunStatement, writes: readonly UserWrite[]): Promise<Set<string>> {
  const emailKeys = writes.flatMap(({ user }) => userEmailKey(user.email) ?? []);
  if (emailKeys.length === 0) return new Set();
  const rows = await run(FIND_TAKEN, [emailKeys]);
  return new Set(rows.map(([emailKey]) => emailKey as string));
}

/** Inserts users; a unique violation if one of the ids or emails is in use. */
export async function insertUsers(run: RunStatement, rows: readonly UserRow[]): Promise<void> {
  if (rows.length > 0) await run(INSERT, toColumns(rows));
}

/** Users as parameters: ids, flags, email keys, and messages. */
export function toColumns(rows: readonly UserRow[]): Value[] {
  const [bytes, starts, lengths] = packParameter(rows.map(({ message }) => message));
  const ids = intArray(rows.map(({ id }) => id));
  const verified = `{${rows.map((row) => row.verified).join(',')}}`;
  const emailKeys = rows.map(({ emailKey }) => emailKey ?? null);
  return [ids, verified, emailKeys, bytes, starts, lengths];
}
