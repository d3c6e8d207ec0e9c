import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import {
  keyChanges,
  keysRemoved,
  type KeyChanges,
  type PersonRow,
} from '../../directory/person-row.js';
import { createBulkInsert } from './bulk-insert.js';
import type { Counters } from './counters.js';
import type { Database, Value } from './database.js';
import { preparePersonIndexes } from './person-indexes.js';

/**
 * Writes people who are not deleted, with the indexes and the counters that belong to them. All of
 * it must be called within a transaction.
 */
export interface PeopleRows {
  /**
   * Inserts rows, or replaces those in `stored`, by id, part by part. The last step of a write of
   * people: it makes `revision` the current one. Throws EXTERNAL_ID_TAKEN.
   */
  put(
    parts: Iterable<readonly PersonRow[]>,
    stored: ReadonlyMap<number, Encoded<Person>>,
    revision: number,
  ): void;
  /** Removes rows. */
  remove(rows: readonly PersonRow[], revision: number): void;
}

/** Prepares the statements that write people. */
export function preparePeopleRows(database: Database, counters: Counters): PeopleRows {
  const putPeople = createBulkInsert(
    database,
    'insert into people (id, email, message, revision)',
    `on conflict (id) do update
      set email = excluded.email, message = excluded.message, revision = excluded.revision`,
  );
  const removePerson = database.prepare('delete from people where id = ?');
  const changeIndexes = preparePersonIndexes(database);

  function count(added: number, revision: number): void {
    counters.set('people', counters.get('people') + added);
    counters.set('revision', revision);
  }

  return {
    put: (parts, stored, revision) => {
      let added = 0;
      function* putAll(): Generator<KeyChanges, void, undefined> {
        for (const rows of parts) {
          const values: Value[] = [];
          for (const { id, email, message } of rows) values.push(id, email, message, revision);
          putPeople(values);
          added += rows.length - rows.filter(({ id }) => stored.has(id)).length;
          yield keyChanges(rows, stored);
        }
      }
      changeIndexes(putAll());
      count(added, revision);
    },
    remove: (rows, revision) => {
      for (const { id } of rows) removePerson.run(id);
      changeIndexes([keysRemoved(rows)]);
      count(-rows.length, revision);
    },
  };
}
