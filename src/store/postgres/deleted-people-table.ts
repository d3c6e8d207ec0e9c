import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type { PersonRow } from '../../directory/person-row.js';
import { intArray, type RunStatement } from './database.js';
import { packParameter } from './packed-parameter.js';
import { PACKED, unpack } from './packed.js';
import { forgetPeople } from './search-index.js';
import type { WrittenPerson } from './written-person.js';

/** What a deleted person can be found by. */
export type DeletedKeyKind = 'address' | 'label' | 'email' | 'external_id';

const INSERT = {
  name: 'insert_deleted_people',
  text: `
    insert into deleted_people (id, revision, deleted_at_ms, message)
    select id, revision, deleted_at_ms, substring($4::bytea from start for length)
    from unnest($1::integer[], $2::bigint[], $3::bigint[], $5::integer[], $6::integer[])
      as sent (id, revision, deleted_at_ms, start, length)`,
};

const INSERT_KEYS = {
  name: 'insert_deleted_people_keys',
  text: `
    insert into deleted_people_keys (kind, key, person_id)
    select kind, key, person_id
    from unnest($1::text[], $2::text[], $3::integer[]) as sent (kind, key, person_id)`,
};

const REMOVE = {
  name: 'remove_deleted_people',
  text: 'delete from deleted_people where id = any($1::integer[])',
};

const REMOVE_KEYS = {
  name: 'remove_deleted_people_keys',
  text: 'delete from deleted_people_keys where person_id = any($1::integer[])',
};

const FIND = {
  name: 'find_deleted_people',
  text: `select ${PACKED} from deleted_people where id = any($1::integer[])`,
};

const HAS_OLD = {
  name: 'has_old_deleted_people',
  text: 'select exists (select 1 from deleted_people where deleted_at_ms < $1)',
};

const SELECT_OLD = {
  name: 'select_old_deleted_people',
  text: `
    select id, revision from deleted_people
    where deleted_at_ms < $1 order by deleted_at_ms, id limit $2`,
};

/** Adds people who are deleted, within the transaction that removes them from the others. */
export async function insertDeleted(
  run: RunStatement,
  people: readonly WrittenPerson[],
): Promise<void> {
  if (people.length === 0) return;
  const [bytes, starts, lengths] = packParameter(people.map(({ row }) => row.message));
  await run(INSERT, [
    intArray(people.map(({ row }) => row.id)),
    intArray(people.map(({ revision }) => revision)),
    intArray(people.map(({ deletedAtMs }) => deletedAtMs ?? 0)),
    ...[bytes, starts, lengths],
  ]);
  const keys = people.flatMap(({ row }) => keysOfRow(row).map((key) => [...key, row.id] as const));
  if (keys.length === 0) return;
  await run(INSERT_KEYS, [
    keys.map(([kind]) => kind),
    keys.map(([, key]) => key),
    intArray(keys.map(([, , id]) => id)),
  ]);
}

/** The deleted people of those ids, by id. */
export async function findDeleted(
  run: RunStatement,
  ids: readonly number[],
): Promise<Map<number, Encoded<Person>>> {
  if (ids.length === 0) return new Map();
  const [row] = await run(FIND, [intArray(ids)]);
  const found = unpack(row);
  return new Map(found.ids.map((id, index) => [id, found.messages[index] ?? new Uint8Array()]));
}

/** Removes people who come back, or for good, within the transaction that does so. */
export async function removeDeleted(run: RunStatement, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await run(REMOVE, [intArray(ids)]);
  await run(REMOVE_KEYS, [intArray(ids)]);
}

/** Whether there are people who were deleted before that time. */
export async function hasDeletedBefore(run: RunStatement, before: Date): Promise<boolean> {
  return (await run(HAS_OLD, [before.getTime()]))[0]?.[0] === true;
}

/**
 * Removes at most `limit` people for good who were deleted before that time, within a transaction.
 * Resolves with their number and the highest of their revisions, 0 if there are none.
 */
export async function purge(
  run: RunStatement,
  before: Date,
  limit: number,
): Promise<{ readonly people: number; readonly revision: number }> {
  const rows = await run(SELECT_OLD, [before.getTime(), limit]);
  const ids = rows.map(([id]) => Number(id));
  await removeDeleted(run, ids);
  await forgetPeople(run, ids);
  let highest = 0;
  for (const [, revision] of rows) highest = Math.max(highest, Number(revision));
  return { people: rows.length, revision: highest };
}

function keysOfRow(row: PersonRow): (readonly [DeletedKeyKind, string])[] {
  const { addressKeys, labelKeys, email, furtherEmails, externalId } = row;
  const emails = [...new Set([email, ...furtherEmails])].filter((address) => address !== '');
  const all = (kind: DeletedKeyKind, keys: readonly string[]): [DeletedKeyKind, string][] =>
    keys.map((key) => [kind, key]);
  return [
    ...all('address', addressKeys),
    ...all('label', labelKeys),
    ...all('email', emails),
    ...all('external_id', externalId === undefined ? [] : [externalId]),
  ];
}
