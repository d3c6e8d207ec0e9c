import type { AddressBook, Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { isFree } from '../../directory/free-ids.js';
import {
  idsOfRecording,
  planRecording,
  toRow,
  type PersonMessage,
  type PersonRow,
} from '../../directory/person-row.js';
import type { Page, PeoplePageRequest, PersonKey } from '../../directory/store.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import type { DeletedPeopleTable } from './deleted-people-table.js';
import type { FreePersonIds } from './free-person-ids.js';
import { PACKED, unpack, type PackedRow } from './packed.js';
import { createPageReader } from './pages.js';
import type { PeopleRows } from './people-rows.js';

/** From this many keys on, one statement for all ids is faster than one per id. */
const MIN_KEYS_FOR_BATCH = 4;

/** Ids per statement: the people come in one buffer, and may be large. */
const MAX_IDS_PER_BATCH = 500;

type FoundPerson = Encoded<Person> | undefined;

/** The statements on people; each call is done when it returns. */
export interface PeopleTable {
  find(keys: readonly PersonKey[]): FoundPerson[];
  /** The people who are stored of those ids, by id. */
  findByIds(ids: readonly number[]): Map<number, Encoded<Person>>;
  list(page: PeoplePageRequest): Page<Person>;
  /** Must be called within a transaction. */
  record(people: readonly Encoded<Person>[], now: Date): Encoded<AddressBook>;
  hasAny(): boolean;
  /** Reads a person at a random place; throws if that part of the file cannot be read. */
  readRandom(): void;
}

/** Prepares the statements on people. */
export function preparePeople(
  database: Database,
  counters: Counters,
  rows: PeopleRows,
  deletedPeople: DeletedPeopleTable,
  freePersonIds: FreePersonIds,
): PeopleTable {
  const find = prepareFind(database);

  function findByIds(ids: readonly number[]): Map<number, Encoded<Person>> {
    const found = find(ids.map((id) => ({ id })));
    return new Map(ids.flatMap((id, index) => (found[index] ? [[id, found[index]]] : [])));
  }

  const selectAny = database.prepare('select 1 from people limit 1');
  const selectFrom = database.prepare(
    'select message from people where id >= ? order by id limit 1',
  );
  return {
    find,
    findByIds,
    list: prepareList(database),
    record: (people, now) => {
      const ids = idsOfRecording(people);
      const freeIds = freePersonIds.get(ids.named, ids.newPeople);
      const known = ids.named.filter((id) => !isFree(freeIds, id));
      const stored = findByIds(known);
      const deleted = deletedPeople.find(known);
      const revision = counters.get('revision') + 1;
      const plan = planRecording(people, { freeIds, stored, deleted, revision, now });
      deletedPeople.remove([...deleted.keys()]);
      rows.put(rowsInParts(plan.written), stored, revision);
      freePersonIds.set(plan.freeIds);
      return plan.addressBook;
    },
    hasAny: () => selectAny.get() !== undefined,
    readRandom: () => {
      selectFrom.get(Math.ceil(Math.random() * counters.get('first_free_person_id')));
    },
  };
}

/** Rows that are in memory together: those of the largest recording would take 30 MiB. */
const MAX_BYTES_PER_PART = 1024 * 1024;

/** The rows of people, part by part. */
function* rowsInParts(people: readonly PersonMessage[]): Generator<PersonRow[], void, undefined> {
  let rows: PersonRow[] = [];
  let bytes = 0;
  for (const person of people) {
    rows.push(toRow(person));
    bytes += person.message.length;
    if (bytes < MAX_BYTES_PER_PART) continue;
    yield rows;
    rows = [];
    bytes = 0;
  }
  yield rows;
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
    // SQLite would compare only the part before a NUL.
    return key.email.includes('\0') ? undefined : messageOf(byEmail.get(key.email));
  }

  /** One statement for many ids: 1.3 us each, where findOne takes 2.4 us. */
  function findBatches(ids: readonly number[]): FoundPerson[] {
    const people: FoundPerson[] = [];
    for (let done = 0; done < ids.length; done += MAX_IDS_PER_BATCH) {
      const batch = JSON.stringify(ids.slice(done, done + MAX_IDS_PER_BATCH));
      people.push(...unpack(byIds.get(batch) as PackedRow));
    }
    return people;
  }

  return (keys) => {
    if (keys.length < MIN_KEYS_FOR_BATCH) return keys.map(findOne);
    const ids: number[] = [];
    for (const key of keys) if ('id' in key) ids.push(key.id);
    const people = findBatches(ids);
    let next = 0;
    return keys.map((key) => ('id' in key ? people[next++] : findOne(key)));
  };
}

function messageOf(row: unknown): FoundPerson {
  return (row as { message: Uint8Array } | undefined)?.message;
}

function prepareList(database: Database): PeopleTable['list'] {
  const readEveryone = createPageReader<Person>(
    database.prepare(`
      select ${PACKED} from (
        select id, message from people where id > ? order by id limit ?
      )`),
  );
  const readByAddress = createPageReader<Person>(
    database.prepare(`
      select ${PACKED} from (
        select people.id, people.message
        from person_addresses join people on people.id = person_addresses.person_id
        where address_key = ? and person_id > ?
        order by person_id limit ?
      )`),
  );
  return (page) =>
    page.addressKey === undefined ? readEveryone(page) : readByAddress(page, page.addressKey);
}
