import type { AddressChanges } from '../../directory/person-row.js';
import type { Database } from './database.js';

/** Updates the index of people by address, within the transaction that writes the people. */
export type ChangeAddresses = (changes: AddressChanges) => void;

/** Prepares the statements on addresses. */
export function prepareAddresses(database: Database): ChangeAddresses {
  const add = database.prepare(`
    insert into person_addresses (address_key, person_id)
    select ?, value from json_each(?) where true
    on conflict do nothing`);
  const remove = database.prepare(`
    delete from person_addresses
    where address_key = ? and person_id in (select value from json_each(?))`);

  return ({ added, removed }) => {
    for (const [key, ids] of removed) remove.run(key, JSON.stringify(ids));
    // Key by key, an address takes 0.7 us; in the order of the people, 3.5 us.
    for (const [key, ids] of added) add.run(key, JSON.stringify(ids));
  };
}
