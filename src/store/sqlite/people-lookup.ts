import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type { PersonLookup } from '../../directory/store.js';
import type { Database, Statement } from './database.js';
import type { DeletedKeyKind } from './deleted-people-table.js';

type FoundPerson = Encoded<Person> | undefined;

/** Finds one person, a deleted one only if `showDeleted` is set and nobody else has the key. */
export type LookUp = (lookup: PersonLookup, showDeleted: boolean) => FoundPerson;

/** Looks a phone up; see PhoneIndex of the search index. */
export type FindByPhone = (phone: string, showDeleted: boolean) => FoundPerson;

/** Prepares the statements that find one person by any key. */
export function prepareLookUp(database: Database, findByPhone: FindByPhone): LookUp {
  const byId = database.prepare('select message from people where id = ?');
  const byEmail = database.prepare(`
    select message from people where id = (
      select min(id) from (
        select min(id) as id from people where email = ?1
        union all
        select min(person_id) from person_emails where email = ?1
      )
    )`);
  const byExternalId = database.prepare(`
    select message from people where id = (
      select person_id from person_external_ids where external_id = ?
    )`);
  const deletedById = database.prepare('select message from deleted_people where id = ?');
  const deletedByKey = database.prepare(`
    select message from deleted_people where id = (
      select min(person_id) from deleted_people_keys where kind = ? and key = ?
    )`);

  function byKey(
    live: Statement,
    kind: DeletedKeyKind,
    key: string,
    showDeleted: boolean,
  ): FoundPerson {
    // SQLite would compare only the part before a NUL.
    if (key.includes('\0')) return undefined;
    const found = messageOf(live.get(key));
    if (found !== undefined || !showDeleted) return found;
    return messageOf(deletedByKey.get(kind, key));
  }

  return (lookup, showDeleted) => {
    if ('email' in lookup) return byKey(byEmail, 'email', lookup.email, showDeleted);
    if ('phone' in lookup) return findByPhone(lookup.phone, showDeleted);
    if ('externalId' in lookup) {
      return byKey(byExternalId, 'external_id', lookup.externalId, showDeleted);
    }
    const found = messageOf(byId.get(lookup.id));
    return found ?? (showDeleted ? messageOf(deletedById.get(lookup.id)) : undefined);
  };
}

function messageOf(row: unknown): FoundPerson {
  return (row as { message: Uint8Array } | undefined)?.message;
}
