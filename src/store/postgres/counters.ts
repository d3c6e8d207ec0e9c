import { MAX_ID, type FreeIds } from '../../directory/free-ids.js';
import type { RunStatement } from './database.js';

/** What a store counts about people. */
export interface PeopleCounters {
  readonly freeIds: FreeIds;
  /** The revision of the last write. */
  readonly revision: number;
  /** The highest revision of a person who was purged; 0 if there is none. */
  readonly purgedRevision: number;
  /** The number of people who are not deleted. */
  readonly people: number;
}

/** The channel on which each write of people is reported; see watch-changes.ts. */
export const CHANGES_CHANNEL = 'personguide_people';

const READ_PEOPLE = {
  name: 'read_people_counters',
  text: 'select first_free_id, end_of_free_ids, revision, purged_revision, people from people_counters',
};

const LOCK_PEOPLE = {
  name: 'lock_people_counters',
  text: `${READ_PEOPLE.text} for update`,
};

// All schemas of a database share its channels, so the payload names the schema.
const SAVE_PEOPLE = {
  name: 'save_people_counters',
  text: `
    update people_counters
    set first_free_id = $1, end_of_free_ids = $2, revision = $3, purged_revision = $4, people = $5
    returning pg_notify('${CHANGES_CHANNEL}', $3::bigint || ' ' || current_schema())`,
};

const FIND_LARGEST_GAP = {
  name: 'find_largest_gap',
  text: `
    select first, until from (
      select id + 1 as first, lead(id, 1, ${MAX_ID + 1}::bigint) over (order by id) as until
      from (
        select 0::bigint as id
        union all select id from people
        union all select id from deleted_people
      ) as used
    ) as gaps
    order by until - first desc, first limit 1`,
};

const SAVE_PURGED = {
  name: 'save_purged_revision',
  text: 'update people_counters set purged_revision = $1',
};

const READ_USERS = {
  name: 'read_user_counter',
  text: 'select first_free_id from user_counters',
};

const LOCK_USERS = {
  name: 'lock_user_counter',
  text: `${READ_USERS.text} for update`,
};

const RAISE_USERS = {
  name: 'raise_user_counter',
  text: 'update user_counters set first_free_id = $1 where first_free_id < $1',
};

/** Reads the counters as they are committed. */
export async function readPeopleCounters(run: RunStatement): Promise<PeopleCounters> {
  return toCounters(await run(READ_PEOPLE, []));
}

/**
 * Reads the counters and locks them until the end of the transaction. Each transaction that writes
 * people does so before it reads any: from then on no other server changes people, and revisions
 * and ids are in the order of the commits. It is the only lock on people, so it cannot deadlock.
 */
export async function lockPeopleCounters(run: RunStatement): Promise<PeopleCounters> {
  return toCounters(await run(LOCK_PEOPLE, []));
}

/** Stores the counters, which the transaction has locked, and notifies all servers when it commits. */
export async function savePeopleCounters(
  run: RunStatement,
  { freeIds, revision, purgedRevision, people }: PeopleCounters,
): Promise<void> {
  await run(SAVE_PEOPLE, [freeIds.first, freeIds.end, revision, purgedRevision, people]);
}

/**
 * Finds the most free ids in a row. Takes 1 s among 1,000,000 people; needed only after ids up to
 * the largest were named.
 */
export async function findLargestGap(run: RunStatement): Promise<FreeIds> {
  const [row] = await run(FIND_LARGEST_GAP, []);
  const [first = 1, end = 1] = (row ?? []).map(Number);
  return { first, end };
}

/** Stores the revision below which positions are expired; the transaction has locked the counters. */
export async function savePurgedRevision(run: RunStatement, revision: number): Promise<void> {
  await run(SAVE_PURGED, [revision]);
}

/** Reads the first free id of users as it is committed. */
export async function readUserCounter(run: RunStatement): Promise<number> {
  const [row] = await run(READ_USERS, []);
  return Number(row?.[0]);
}

/** Reads the first free id of users, and locks it until the end of the transaction. */
export async function lockUserCounter(run: RunStatement): Promise<number> {
  const [row] = await run(LOCK_USERS, []);
  return Number(row?.[0]);
}

/** Makes this id the first free one of users, unless that is larger already. */
export async function raiseUserCounter(run: RunStatement, firstFreeId: number): Promise<void> {
  await run(RAISE_USERS, [firstFreeId]);
}

function toCounters([row]: readonly (readonly unknown[])[]): PeopleCounters {
  const [first, end, revision, purgedRevision, people] = (row ?? []).map(Number);
  if (people === undefined) throw new Error('the table people_counters is empty');
  return {
    freeIds: { first: first ?? 0, end: end ?? 0 },
    revision: revision ?? 0,
    purgedRevision: purgedRevision ?? 0,
    people,
  };
}
