import type { AddressBook, Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import {
  idsOfRecording,
  keyChanges,
  planRecording,
  type PersonRow,
  type RecordingIds,
  type RecordingPlan,
} from '../../directory/person-row.js';
import type {
  CancelSignal,
  IdempotencyKey,
  Page,
  PeoplePageRequest,
  PersonKey,
} from '../../directory/store.js';
import { changeAddresses, insertAddresses } from './addresses-table.js';
import { lockCounter, raiseCounter } from './counters.js';
import { intArray, type RunStatement } from './database.js';
import type { Outcome } from './group-commit.js';
import { createGroupRead } from './group-read.js';
import { findResults, nameOf, putResults, resultFor } from './idempotency-table.js';
import { packParameter } from './packed-parameter.js';
import { PACKED, unpack } from './packed.js';
import { createPageReader } from './pages.js';
import { untilAborted } from './signal.js';

type FoundPerson = Encoded<Person> | undefined;

/** A call of recordPeople. */
export interface PeopleWrite {
  readonly people: readonly Person[];
  readonly idempotencyKey: IdempotencyKey | undefined;
}

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

const LOCK = {
  name: 'lock_people',
  text: `
    select ${PACKED} from (
      select id, message from people where id = any($1::integer[]) order by id for update
    ) as locked`,
};

const NEW_ROWS = `
  select id, email, substring($3::bytea from start for length)
  from unnest($1::integer[], $2::text[], $4::integer[], $5::integer[])
    as sent (id, email, start, length)`;

// Not an upsert: if another server has inserted the same id meanwhile, its addresses are unknown
// here, and the transaction must be run again.
const INSERT = {
  name: 'insert_people',
  text: `insert into people (id, email, message) ${NEW_ROWS} order by id`,
};

const UPDATE = {
  name: 'update_people',
  text: `
    update people set email = sent.email, message = sent.message
    from (${NEW_ROWS}) as sent (id, email, message)
    where people.id = sent.id`,
};

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

/**
 * Does recordings in one transaction, one after another; each sees the people of those before it.
 * A recording that fails by itself has no effect on the others.
 */
export async function recordGroup(
  run: RunStatement,
  writes: readonly PeopleWrite[],
  now: Date,
): Promise<Outcome<Encoded<AddressBook>>[]> {
  const keys = writes.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
  const results = new Map(await findResults(run, keys, now));
  const ids = idsOfRecording(writes.flatMap(({ people }) => people));
  const stored =
    ids.named.length === 0
      ? new Map<number, Encoded<Person>>()
      : byId((await run(LOCK, [intArray(ids.named)]))[0]);
  const planner = new Planner(stored, now, await firstFreeIdFor(run, ids));

  const outcomes = writes.map(({ people, idempotencyKey }): Outcome<Encoded<AddressBook>> => {
    try {
      if (idempotencyKey === undefined) return { result: planner.plan(people) };
      const known = resultFor(results, idempotencyKey);
      if (known !== undefined) return { result: known };
      const result = planner.plan(people);
      results.set(nameOf(idempotencyKey), { digest: idempotencyKey.digest, result });
      planner.keep(idempotencyKey, result);
      return { result };
    } catch (error) {
      return { error };
    }
  });
  await planner.write(run);
  return outcomes;
}

/** Locks the counter only if ids must be assigned. */
async function firstFreeIdFor(run: RunStatement, ids: RecordingIds): Promise<number> {
  return ids.newPeople > 0 ? lockCounter(run, 'people') : 1;
}

/** Plans recordings one after another, and writes the outcome of all of them. */
class Planner {
  readonly #stored: ReadonlyMap<number, Encoded<Person>>;
  readonly #now: Date;
  readonly #rows = new Map<number, PersonRow>();
  /** The stored people, and those of the plans so far. */
  readonly #latest: Map<number, Encoded<Person>>;
  readonly #results: (readonly [IdempotencyKey, Uint8Array])[] = [];
  #firstFreeId: number;

  constructor(stored: ReadonlyMap<number, Encoded<Person>>, now: Date, firstFreeId: number) {
    this.#stored = stored;
    this.#now = now;
    this.#latest = new Map(stored);
    this.#firstFreeId = firstFreeId;
  }

  plan(people: readonly Person[]): Encoded<AddressBook> {
    const plan: RecordingPlan = planRecording(people, {
      firstFreeId: this.#firstFreeId,
      stored: this.#latest,
      deleted: new Map(),
      revision: 1,
      now: this.#now,
    });
    for (const row of plan.rows) {
      this.#rows.set(row.id, row);
      this.#latest.set(row.id, row.message);
    }
    this.#firstFreeId = plan.firstFreeId;
    return plan.addressBook;
  }

  keep(key: IdempotencyKey, result: Uint8Array): void {
    this.#results.push([key, result]);
  }

  async write(run: RunStatement): Promise<void> {
    const rows = [...this.#rows.values()];
    if (rows.length > 0) {
      const isNew = ({ id }: PersonRow): boolean => !this.#stored.has(id);
      const inserted = rows.filter(isNew);
      const updated = rows.filter((row) => !isNew(row));
      await insertPeople(run, inserted);
      await put(run, UPDATE, updated);
      await insertAddresses(run, inserted);
      await changeAddresses(run, keyChanges(updated, this.#stored).addresses);
    }
    await putResults(run, this.#results, this.#now);
    if (rows.length > 0) await raiseCounter(run, 'people', this.#firstFreeId);
  }
}

/** Inserts people; a unique violation if one of the ids is in use. */
export async function insertPeople(run: RunStatement, rows: readonly PersonRow[]): Promise<void> {
  await put(run, INSERT, rows);
}

async function put(
  run: RunStatement,
  statement: typeof INSERT,
  rows: readonly PersonRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const [bytes, starts, lengths] = packParameter(rows.map(({ message }) => message));
  const ids = intArray(rows.map(({ id }) => id));
  await run(statement, [ids, rows.map(({ email }) => email), bytes, starts, lengths]);
}
