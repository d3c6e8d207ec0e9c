import { externalIdTaken } from '../../directory/errors.js';
import type { IndexChanges, KeyChanges } from '../../directory/person-row.js';
import { createBulkInsert } from './bulk-insert.js';
import type { Database } from './database.js';
import { isUniqueViolation } from './errors.js';

/**
 * Updates the indexes of people by address, label, further email and external id, within the
 * transaction that writes the people. Throws EXTERNAL_ID_TAKEN.
 */
export type ChangeIndexes = (changes: KeyChanges) => void;

/** Prepares the statements on these indexes. */
export function preparePersonIndexes(database: Database): ChangeIndexes {
  const changeAddresses = prepareSharedKeys(database, 'person_addresses (address_key, person_id)');
  const changeLabels = prepareSharedKeys(database, 'person_labels (label_key, person_id)');
  const changeEmails = prepareOwnKeys(database, 'person_emails (email, person_id)');
  const changeExternalIds = prepareOwnKeys(
    database,
    'person_external_ids (external_id, person_id)',
  );
  return ({ addresses, labels, furtherEmails, externalIds }) => {
    changeAddresses(addresses);
    changeLabels(labels);
    changeEmails(furtherEmails);
    try {
      changeExternalIds(externalIds);
    } catch (error) {
      throw isUniqueViolation(error) ? externalIdTaken() : error;
    }
  };
}

type ChangeIndex = (changes: IndexChanges) => void;

/** For keys that many people have. `columns` is a table with its column of keys. */
function prepareSharedKeys(database: Database, columns: string): ChangeIndex {
  const add = database.prepare(`
    insert into ${columns}
    select ?, value from json_each(?) where true
    on conflict do nothing`);
  const remove = prepareRemove(database, columns);
  return ({ added, removed }) => {
    for (const [key, ids] of removed) remove(key, ids);
    // Key by key, an address takes 0.7 us; in the order of the people, 3.5 us.
    for (const [key, ids] of added) add.run(key, JSON.stringify(ids));
  };
}

/** For keys that hardly two people share. */
function prepareOwnKeys(database: Database, columns: string): ChangeIndex {
  const add = createBulkInsert(database, `insert into ${columns}`);
  const remove = prepareRemove(database, columns);
  return ({ added, removed }) => {
    // First: another person may get a key that is removed here.
    for (const [key, ids] of removed) remove(key, ids);
    if (added.size > 0) add([...added].flatMap(([key, ids]) => ids.flatMap((id) => [key, id])));
  };
}

function prepareRemove(
  database: Database,
  columns: string,
): (key: string, ids: readonly number[]) => void {
  const [table, key] = columns.split(/[ (,]+/);
  const remove = database.prepare(`
    delete from ${table} where ${key} = ? and person_id in (select value from json_each(?))`);
  return (value, ids) => remove.run(value, JSON.stringify(ids));
}
