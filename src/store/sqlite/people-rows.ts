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
   * Inserts rows, or replaces those in `stored`, by id. The last step of a write of people: it
   * makes `revision` the current one. Throws EXTERNAL_ID_TAKEN.
   */
  put(
    rows: readonly PersonRow[],
    stored: ReadonlyMap<number, Encoded<Person>>,
    revision: number,
  ): void;
  /** Removes rows. */
  remove(rows: readonly PersonRow[], revision: number): void;
}

/** Addresses whose keys are in memory together: those of a recording take 40 MiB. */
const MAX_ADDRESSES_PER_PART = 20_000;

/** The changes of the keys, part by part. */
function* keyChangesInParts(
  rows: readonly PersonRow[],
  stored: ReadonlyMap<number, Encoded<Person>>,
): Generator<KeyChanges, void, undefined> {
  let start = 0;
  let addresses = 0;
  for (const [place, { addressKeys }] of rows.entries()) {
    addresses += addressKeys.length;
    if (addresses < MAX_ADDRESSES_PER_PART) continue;
    yield keyChanges(rows.slice(start, place + 1), stored);
    start = place + 1;
    addresses = 0;
  }
  if (start < rows.length) yield keyChanges(rows.slice(start), stored);
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
    put: (rows, stored, revision) => {
      const values: Value[] = [];
      for (const { id, email, message } of rows) values.push(id, email, message, revision);
      putPeople(values);
      changeIndexes(keyChangesInParts(rows, stored));
      count(rows.length - rows.filter(({ id }) => stored.has(id)).length, revision);
    },
    remove: (rows, revision) => {
      for (const { id } of rows) removePerson.run(id);
      changeIndexes([keysRemoved(rows)]);
      count(-rows.length, revision);
    },
  };
}
