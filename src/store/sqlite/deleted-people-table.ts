import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type { StoredPersonRow } from '../../directory/person-row.js';
import { createBulkInsert } from './bulk-insert.js';
import type { Database } from './database.js';

/** What a deleted person can be found by. */
export type DeletedKeyKind = 'address' | 'label' | 'email' | 'external_id';

/** The statements on deleted people. What writes must be called within a transaction. */
export interface DeletedPeopleTable {
  find(ids: readonly number[]): Map<number, Encoded<Person>>;
  add(rows: readonly StoredPersonRow[]): void;
  /** Removes people who come back, or for good. */
  remove(ids: readonly number[]): void;
  /**
   * Removes at most `limit` people for good who were deleted before that time. Returns their ids
   * and the highest of their revisions, 0 if there are none.
   */
  purge(before: Date, limit: number): { readonly ids: number[]; readonly revision: number };
}

/** Prepares the statements on deleted people. */
export function prepareDeletedPeople(database: Database): DeletedPeopleTable {
  const selectAny = database.prepare('select 1 from deleted_people limit 1');
  const select = database.prepare(`
    select id, message from deleted_people where id in (select value from json_each(?))`);
  const insert = createBulkInsert(
    database,
    'insert into deleted_people (id, revision, deleted_at_ms, message)',
  );
  const insertKeys = createBulkInsert(
    database,
    'insert into deleted_people_keys (kind, key, person_id)',
  );
  const removePeople = database.prepare(`
    delete from deleted_people where id in (select value from json_each(?))`);
  const removeKeys = database.prepare(`
    delete from deleted_people_keys where person_id in (select value from json_each(?))`);
  const selectOld = database.prepare(`
    select ifnull(json_group_array(id), '[]') as ids, ifnull(max(revision), 0) as revision from (
      select id, revision from deleted_people
      where deleted_at_ms < ? order by deleted_at_ms, id limit ?
    )`);

  function remove(ids: readonly number[]): void {
    if (ids.length === 0) return;
    removePeople.run(JSON.stringify(ids));
    removeKeys.run(JSON.stringify(ids));
  }

  return {
    find: (ids) => {
      // Mostly there are none, and this is asked for each person who is replaced.
      if (ids.length === 0 || selectAny.get() === undefined) return new Map();
      const rows = select.all(JSON.stringify(ids)) as { id: number; message: Uint8Array }[];
      return new Map(rows.map(({ id, message }) => [id, message]));
    },
    add: (rows) => {
      insert(
        rows.flatMap(({ id, revision, deletedAtMs = 0, message }) => [
          ...[id, revision, deletedAtMs],
          message,
        ]),
      );
      insertKeys(rows.flatMap((row) => keysOfRow(row).flatMap((key) => [...key, row.id])));
    },
    remove,
    purge: (before, limit) => {
      const old = selectOld.get(before.getTime(), limit) as { ids: string; revision: number };
      const ids = JSON.parse(old.ids) as number[];
      remove(ids);
      return { ids, revision: old.revision };
    },
  };
}

function keysOfRow(row: StoredPersonRow): [DeletedKeyKind, string][] {
  const { addressKeys, labelKeys, email, furtherEmails, externalId } = row;
  const emails = [...new Set([email, ...furtherEmails])].filter((address) => address !== '');
  return [
    ...addressKeys.map((key): [DeletedKeyKind, string] => ['address', key]),
    ...labelKeys.map((key): [DeletedKeyKind, string] => ['label', key]),
    ...emails.map((key): [DeletedKeyKind, string] => ['email', key]),
    ...(externalId === undefined ? [] : [['external_id', externalId] as [DeletedKeyKind, string]]),
  ];
}
