import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type { CancelSignal, Page, PeoplePageRequest, PersonKey } from '../../directory/store.js';
import { intArray, type RunStatement } from './database.js';
import { createGroupRead } from './group-read.js';
import { PACKED, unpack } from './packed.js';
import { createPageReader } from './pages.js';
import { untilAborted } from './signal.js';

type FoundPerson = Encoded<Person> | undefined;

/** The statements on people. */
export interface PeopleTable {
  find(keys: readonly PersonKey[], signal: CancelSignal | undefined): Promise<FoundPerson[]>;
  list(page: PeoplePageRequest): Promise<Page<Person>>;
  hasAny(): Promise<boolean>;
}

const FIND_BY_ID = {
  name: 'find_people_by_id',
  text: `select ${PACKED} from people where id = any($1::integer[])`,
};

const FIND_BY_EMAIL = {
  name: 'find_people_by_email',
  text: `
    select distinct on (email) email, message from people
    where email = any($1::text[]) order by email, id`,
};

const LIST_EVERYONE = {
  name: 'list_people',
  text: `
    select ${PACKED} from (
      select id, message from people where id > $1 order by id limit $2
    ) as page`,
};

const LIST_BY_ADDRESS = {
  name: 'list_people_by_address',
  text: `
    select ${PACKED} from (
      select people.id, people.message
      from person_addresses join people on people.id = person_addresses.person_id
      where address_key = $1 and person_id > $2
      order by person_id limit $3
    ) as page`,
};

const HAS_ANY = { name: 'has_people', text: 'select exists (select 1 from people)' };

/** Prepares lookups and lists. */
export function createPeople(run: RunStatement): PeopleTable {
  const findById = createGroupRead<number, Encoded<Person>>(async (ids) => {
    const [row] = await run(FIND_BY_ID, [intArray(ids)]);
    return byId(row);
  });
  const findByEmail = createGroupRead<string, Encoded<Person>>(async (emails) => {
    const rows = await run(FIND_BY_EMAIL, [emails]);
    return new Map(rows as [string, Uint8Array][]);
  });
  const readEveryone = createPageReader<Person>(run, LIST_EVERYONE);
  const readByAddress = createPageReader<Person>(run, LIST_BY_ADDRESS);

  function findOne(key: PersonKey, signal: CancelSignal | undefined): Promise<FoundPerson> {
    if ('id' in key) return findById(key.id, signal);
    // PostgreSQL has no text with a NUL.
    return key.email.includes('\0') ? Promise.resolve(undefined) : findByEmail(key.email, signal);
  }

  return {
    find: (keys, signal) =>
      untilAborted(Promise.all(keys.map((key) => findOne(key, signal))), signal),
    list: (page) =>
      page.addressKey === undefined ? readEveryone(page) : readByAddress(page, page.addressKey),
    hasAny: async () => (await run(HAS_ANY, []))[0]?.[0] === true,
  };
}

function byId(row: readonly unknown[] | undefined): Map<number, Encoded<Person>> {
  const { ids, messages } = unpack(row);
  return new Map(ids.map((id, index) => [id, messages[index] ?? new Uint8Array()]));
}
