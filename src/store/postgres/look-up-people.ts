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

// Each has the people with the `wanted` keys. Key by key (`lateral`), because PostgreSQL would read
// the whole table for a hundred keys while it has no statistics.
const LIVE = {
  id: `
    select key, key as id, message, false as deleted
    from wanted cross join lateral (select message from people where id = key limit 1) as person`,
  email: `
    select key, id, message, false as deleted
    from wanted cross join lateral (
      select id, message from people where email = key order by id limit 1
    ) as person
    union all
    select key, person_id, message, false
    from wanted cross join lateral (
      select person_id from person_emails where email = key order by person_id limit 1
    ) as further
    cross join lateral (select message from people where id = person_id limit 1) as person`,
  externalId: `
    select key, person_id as id, message, false as deleted
    from wanted join person_external_ids on external_id = key
    cross join lateral (select message from people where id = person_id limit 1) as person`,
} as const;

const DELETED = {
  id: 'select key, id, message, true from wanted join deleted_people on id = key',
  email: deletedBy('email'),
  externalId: deletedBy('external_id'),
} as const;

function deletedBy(kind: string): string {
  return `
    select key, person_id, message, true
    from wanted cross join lateral (
      select person_id from deleted_people_keys as keys
      where kind = '${kind}' and keys.key = wanted.key order by person_id limit 1
    ) as first
    join deleted_people on id = person_id`;
}

// One statement for both: a person who is deleted meanwhile is found in one of them.
function statementFor(kind: keyof typeof LIVE, showDeleted: boolean): Statement {
  return {
    name: `look_up_people_by_${kind}${showDeleted ? '_deleted' : ''}`,
    text: `
      with wanted as (select unnest($1::${kind === 'id' ? 'integer' : 'text'}[]) as key)
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
