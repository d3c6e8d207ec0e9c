import type { AddressBook, Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { planRecording } from '../../directory/person-row.js';
import type { Page, PageRequest, PersonKey } from '../../directory/store.js';
import { prepareAddresses } from './addresses-table.js';
import { createBulkInsert } from './bulk-insert.js';
import type { Database } from './database.js';
import { PACKED, unpack, type PackedRow } from './packed.js';
import { createPageReader } from './pages.js';

/** From how many ids on one statement for all of them is faster than one for each. */
const MANY = 4;

/** How many one statement asks for: they come in one buffer, and people may be large. */
const MOST = 500;

type FoundPerson = Encoded<Person> | undefined;

/** The statements on people; each call is done when it returns. */
export interface PeopleTable {
  find(keys: readonly PersonKey[]): FoundPerson[];
  list(page: PageRequest, addressKey?: string): Page<Person>;
  /** Must be called within a transaction. */
  record(people: readonly Person[], now: Date): Encoded<AddressBook>;
  hasAny(): boolean;
}

/** Prepares the statements on people. */
export function preparePeople(database: Database): PeopleTable {
  const find = prepareFind(database);
  const maxId = database.prepare('select max(id) as id from people');
  return {
    find,
    list: prepareList(database),
    record: prepareRecord(database, find, () => readMaxId(maxId)),
    hasAny: () => readMaxId(maxId) > 0,
  };
}

function readMaxId(statement: { get(): unknown }): number {
  return (statement.get() as { id: number | null }).id ?? 0;
}

function prepareFind(database: Database): PeopleTable['find'] {
  const byId = database.prepare('select message from people where id = ?');
  const byEmail = database.prepare(
    'select message from people where email = ? order by id limit 1',
  );
  const byIds = database.prepare(`
    select ${PACKED} from (
      select people.id, people.message
      from json_each(?) as wanted left join people on people.id = wanted.value
    )`);

  function findOne(key: PersonKey): FoundPerson {
    if ('id' in key) return messageOf(byId.get(key.id));
    // SQLite would compare only what is before a NUL.
    return key.email.includes('\0') ? undefined : messageOf(byEmail.get(key.email));
  }

  /** One statement for many ids: 1.3 us each, where findOne takes 2.4 us. */
  function findMany(ids: readonly number[]): FoundPerson[] {
    const people: FoundPerson[] = [];
    for (let done = 0; done < ids.length; done += MOST) {
      people.push(...unpack(byIds.get(JSON.stringify(ids.slice(done, done + MOST))) as PackedRow));
    }
    return people;
  }

  return (keys) => {
    if (keys.length < MANY) return keys.map(findOne);
    const ids: number[] = [];
    for (const key of keys) if ('id' in key) ids.push(key.id);
    const people = findMany(ids);
    let next = 0;
    return keys.map((key) => ('id' in key ? people[next++] : findOne(key)));
  };
}

function messageOf(row: unknown): FoundPerson {
  return (row as { message: Uint8Array } | undefined)?.message;
}

function prepareList(database: Database): PeopleTable['list'] {
  const everyone = createPageReader<Person>(
    database.prepare(`
      select ${PACKED} from (
        select id, message from people where id > ? order by id limit ?
      )`),
  );
  const byAddress = createPageReader<Person>(
    database.prepare(`
      select ${PACKED} from (
        select people.id, people.message
        from person_addresses join people on people.id = person_addresses.person_id
        where address_key = ? and person_id > ?
        order by person_id limit ?
      )`),
  );
  return (page, addressKey) =>
    addressKey === undefined ? everyone(page) : byAddress(page, addressKey);
}

function prepareRecord(
  database: Database,
  find: PeopleTable['find'],
  readMax: () => number,
): PeopleTable['record'] {
  const putPeople = createBulkInsert(
    database,
    'insert into people (id, email, message)',
    'on conflict (id) do update set email = excluded.email, message = excluded.message',
  );
  const putAddresses = prepareAddresses(database);

  function findStored(people: readonly Person[], maxId: number): Map<number, Encoded<Person>> {
    const ids = people.flatMap(({ id }) => (id > 0 && id <= maxId ? [id] : []));
    const found = find(ids.map((id) => ({ id })));
    return new Map(found.flatMap((person, at) => (person ? [[ids[at] ?? 0, person]] : [])));
  }

  return (people, now) => {
    const maxId = readMax();
    const stored = findStored(people, maxId);
    const context = { maxId, now, find: (id: number) => stored.get(id) };
    const { rows, addressBook } = planRecording(people, context);
    putPeople(rows.flatMap(({ id, email, message }) => [id, email, message]));
    putAddresses(rows, context.find);
    return addressBook;
  };
}
