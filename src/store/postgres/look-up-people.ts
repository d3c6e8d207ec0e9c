import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type { CancelSignal, PersonLookup } from '../../directory/store.js';
import { intArray, type RunStatement, type Statement, type Value } from './database.js';
import { createGroupRead, type Lookup } from './group-read.js';
import { untilAborted } from './signal.js';

type FoundPerson = Encoded<Person> | undefined;

/** Looks people up; see PeopleQueryStore. */
export type LookUpPeople = (
  lookups: readonly PersonLookup[],
  showDeleted: boolean,
  signal: CancelSignal | undefined,
) => Promise<FoundPerson[]>;

/** Looks a phone up; see search.ts. */
export type FindByPhone = (phone: string, showDeleted: boolean) => Promise<FoundPerson>;

type Finders = Readonly<Record<'email' | 'externalId', Lookup<string, Encoded<Person>>>> & {
  readonly id: Lookup<number, Encoded<Person>>;
};

/** Each takes an array of keys, and has the people with each key, in whichever order. */
const LIVE = {
  id: 'select id as key, id, message, false as deleted from people where id = any($1::integer[])',
  email: `
    select email as key, id, message, false as deleted
    from people where email = any($1::text[])
    union all
    select person_emails.email, people.id, message, false
    from person_emails join people on people.id = person_id
    where person_emails.email = any($1::text[])`,
  externalId: `
    select external_id as key, people.id, message, false as deleted
    from person_external_ids join people on people.id = person_id
    where external_id = any($1::text[])`,
} as const;

const DELETED = {
  id: 'select id, id, message, true from deleted_people where id = any($1::integer[])',
  email: deletedBy('email'),
  externalId: deletedBy('external_id'),
} as const;

function deletedBy(kind: string): string {
  return `
    select key, deleted_people.id, message, true
    from deleted_people_keys join deleted_people on deleted_people.id = person_id
    where kind = '${kind}' and key = any($1::text[])`;
}

// One statement for both: a person who is deleted meanwhile is found in one of them.
function statementFor(kind: keyof typeof LIVE, showDeleted: boolean): Statement {
  return {
    name: `look_up_people_by_${kind}${showDeleted ? '_deleted' : ''}`,
    text: `
      select distinct on (key) key, message from (
        ${LIVE[kind]} ${showDeleted ? `union all ${DELETED[kind]}` : ''}
      ) as found
      order by key, deleted, id`,
  };
}

/** Prepares lookups. */
export function createLookUpPeople(run: RunStatement, findByPhone: FindByPhone): LookUpPeople {
  const [live, all] = [createFinders(run, false), createFinders(run, true)];

  function lookUp(
    lookup: PersonLookup,
    showDeleted: boolean,
    signal: CancelSignal | undefined,
  ): Promise<FoundPerson> {
    const finders = showDeleted ? all : live;
    if ('id' in lookup) return finders.id(lookup.id, signal);
    if ('phone' in lookup) return findByPhone(lookup.phone, showDeleted);
    const [find, key] =
      'email' in lookup ? [finders.email, lookup.email] : [finders.externalId, lookup.externalId];
    // Who has no email has an empty one there. And PostgreSQL has no text with a NUL.
    if (key === '' || key.includes('\0')) return Promise.resolve(undefined);
    return find(key, signal);
  }

  return (lookups, showDeleted, signal) =>
    untilAborted(Promise.all(lookups.map((lookup) => lookUp(lookup, showDeleted, signal))), signal);
}

function createFinders(run: RunStatement, showDeleted: boolean): Finders {
  async function find<K>(kind: keyof typeof LIVE, keys: Value): Promise<Map<K, Uint8Array>> {
    const rows = await run(statementFor(kind, showDeleted), [keys]);
    return new Map(rows as [K, Uint8Array][]);
  }
  return {
    id: createGroupRead((ids: readonly number[]) => find('id', intArray(ids))),
    email: createGroupRead((emails: readonly string[]) => find('email', emails)),
    externalId: createGroupRead((ids: readonly string[]) => find('externalId', ids)),
  };
}
