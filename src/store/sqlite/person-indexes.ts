import { externalIdTaken } from '../../directory/errors.js';
import type { IndexChanges, KeyChanges } from '../../directory/person-row.js';
import { createBulkInsert } from './bulk-insert.js';
import type { Database, Value } from './database.js';
import { isUniqueViolation } from './errors.js';

/**
 * Updates the indexes of people by address, label, further email and external id, within the
 * transaction that writes the people. The changes of many people come in parts; people of all parts
 * may pass external ids to each other. Throws EXTERNAL_ID_TAKEN.
 */
export type ChangeIndexes = (parts: Iterable<KeyChanges>) => void;

/** Prepares the statements on these indexes. */
export function preparePersonIndexes(database: Database): ChangeIndexes {
  const changeAddresses = prepareSharedKeys(database, 'person_addresses (address_key, person_id)');
  const changeLabels = prepareSharedKeys(database, 'person_labels (label_key, person_id)');
  const changeEmails = prepareOwnKeys(database, 'person_emails (email, person_id)');
  const changeExternalIds = prepareOwnKeys(
    database,
    'person_external_ids (external_id, person_id)',
  );
  return (parts) => {
    const allExternalIds: IndexChanges[] = [];
    for (const { addresses, labels, furtherEmails, externalIds } of parts) {
      changeAddresses(addresses);
      changeLabels(labels);
      changeEmails([furtherEmails]);
      allExternalIds.push(externalIds);
    }
    try {
      changeExternalIds(allExternalIds);
    } catch (error) {
      throw isUniqueViolation(error) ? externalIdTaken() : error;
    }
  };
}

/** From this many people with a key on, a statement for the key takes less time than their rows. */
const MIN_IDS_PER_STATEMENT = 4;

/** For keys that many people have. `columns` is a table with its column of keys. */
function prepareSharedKeys(database: Database, columns: string): (changes: IndexChanges) => void {
  const addRows = createBulkInsert(database, `insert into ${columns}`, 'on conflict do nothing');
  const addKey = database.prepare(`
    insert into ${columns}
    select ?, value from json_each(?) where true
    on conflict do nothing`);
  const remove = prepareRemove(database, columns);
  return ({ added, removed }) => {
    for (const [key, ids] of removed) remove(key, ids);
    const rows: Value[] = [];
    for (const [key, ids] of added) {
      // Key by key, an address takes 0.7 us; in the order of the people, 3.5 us.
      if (ids.length >= MIN_IDS_PER_STATEMENT) addKey.run(key, JSON.stringify(ids));
      else for (const id of ids) rows.push(key, id);
    }
    addRows(rows);
  };
}

/** For keys that hardly two people share. */
function prepareOwnKeys(
  database: Database,
  columns: string,
): (parts: readonly IndexChanges[]) => void {
  const add = createBulkInsert(database, `insert into ${columns}`);
  const remove = prepareRemove(database, columns);
  return (parts) => {
    // First: another person may get a key that is removed here.
    for (const { removed } of parts) {
      for (const [key, ids] of removed) remove(key, ids);
    }
    for (const { added } of parts) {
      if (added.size > 0) add([...added].flatMap(([key, ids]) => ids.flatMap((id) => [key, id])));
    }
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
