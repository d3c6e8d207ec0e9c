import { MAX_ID } from '../../directory/free-ids.js';
import { indexedVariants } from '../../directory/typos.js';
import { comparableWords, entryOf, type ChangedPerson, type Entry } from '../search/entries.js';
import { CHANGED_PEOPLE } from './changes-table.js';
import { readPeopleCounters } from './counters.js';
import { intArray, type Database, type RunStatement } from './database.js';
import { unpack } from './packed.js';
import { textOf } from './search-texts.js';

/** How far the index is, and the revision of the last write. */
export interface IndexState {
  /** Everyone who was changed up to this place in the order of changes is in the index. */
  readonly revision: number;
  readonly personId: number;
  readonly currentRevision: number;
  readonly defaultCountry: string;
}

/** People per transaction of the index. */
const SLICE = 1_000;

/** People after whom other work of the event loop gets its turn. */
const TURN = 200;

const READ_STATE = {
  name: 'read_search_state',
  text: `
    select search_state.revision, person_id, people_counters.revision, default_country
    from search_state, people_counters`,
};

const SET_COUNTRY = {
  name: 'set_search_country',
  text: `
    update search_state set default_country = $1, revision = 0, person_id = 0
    where default_country <> $1`,
};

const RESTART = {
  name: 'restart_search_index',
  text: 'update search_state set revision = 0, person_id = 0',
};

const LOCK = {
  name: 'lock_search_state',
  text: 'select revision, person_id, default_country from search_state for update',
};

const TRY_LOCK = { name: 'try_lock_search_state', text: `${LOCK.text} skip locked` };

const SAVE = {
  name: 'save_search_state',
  text: 'update search_state set revision = $1, person_id = $2',
};

const READ_CHANGES = {
  name: 'read_changes_for_search',
  text: `
    select
      max(revision),
      string_agg(deleted::integer::text, ',' order by revision, id),
      string_agg(id::text, ',' order by revision, id),
      string_agg(length(message)::text, ',' order by revision, id),
      string_agg(message, ''::bytea order by revision, id)
    from (${CHANGED_PEOPLE}) as page`,
};

// Someone who comes back while the page is read may be in it twice; the later one counts.
const PUT_PEOPLE = {
  name: 'put_search_people',
  text: `
    insert into search_people (person_id, deleted, name_key, text)
    select person_id, deleted, name_key, text
    from unnest($1::integer[], $2::boolean[], $3::text[], $4::text[])
      as sent (person_id, deleted, name_key, text)
    on conflict (person_id) do update
      set deleted = excluded.deleted, name_key = excluded.name_key, text = excluded.text`,
};

const ADD_WORDS = {
  name: 'add_search_words',
  text: `
    insert into search_words (word, variants)
    select word, string_to_array(variants, ' ')
    from unnest($1::text[], $2::text[]) as sent (word, variants)
    on conflict do nothing`,
};

const FORGET = {
  name: 'forget_search_people',
  text: 'delete from search_people where person_id = any($1::integer[])',
};

/** Reads how far the index is. */
export async function readIndexState(run: RunStatement): Promise<IndexState> {
  const [row = []] = await run(READ_STATE, []);
  const [revision = 0, personId = 0, currentRevision = 0] = row.slice(0, 3).map(Number);
  return { revision, personId, currentRevision, defaultCountry: row[3] as string };
}

/** Sets the country of numbers without one; if it is another, everyone is indexed again. */
export async function setDefaultCountry(run: RunStatement, code: string): Promise<void> {
  await run(SET_COUNTRY, [code]);
}

/** Has everyone indexed again. Revisions of another store may be below those that are indexed. */
export async function restartSearchIndex(run: RunStatement): Promise<void> {
  await run(RESTART, []);
}

/** Removes people who are purged, within the transaction that does so. */
export async function forgetPeople(run: RunStatement, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await run(FORGET, [intArray(ids)]);
}

/** Common words are remembered: sending one to the database costs 5 us. */
const MAX_REMEMBERED_WORDS = 50_000;

/**
 * Prepares the indexing of people who have changed, at most SLICE of them per call. It resolves with
 * whether nothing is left. One server indexes at a time: another one waits if `isAwaited`, and
 * otherwise leaves the work to the first.
 */
export function createIndexing(database: Database): (isAwaited: boolean) => Promise<boolean> {
  const remembered = new Set<string>();

  async function putWords(run: RunStatement, words: readonly string[]): Promise<void> {
    if (words.length === 0) return;
    await run(ADD_WORDS, [words, words.map((word) => indexedVariants(word).join(' '))]);
  }

  return async (isAwaited) => {
    let words: string[] = [];
    const done = await database.transaction(async (run) => {
      const [state] = await run(isAwaited ? LOCK : TRY_LOCK, []);
      if (state === undefined) return true;
      const [revision, personId, country] = state;
      // Before the people: those who change later have a revision above it.
      const current = (await readPeopleCounters(run)).revision;
      const { people, last } = await readChanges(run, [Number(revision), Number(personId)]);
      const entries = await entriesOf(people, country as string);
      await putPeople(run, entries);
      words = [...comparableWords(entries)].filter((word) => !remembered.has(word));
      await putWords(run, words);
      const isLast = people.length < SLICE;
      await run(SAVE, isLast ? [current, MAX_ID] : last);
      return isLast;
    });
    if (remembered.size > MAX_REMEMBERED_WORDS) remembered.clear();
    for (const word of words) remembered.add(word);
    return done;
  };
}

async function readChanges(
  run: RunStatement,
  after: readonly [revision: number, personId: number],
): Promise<{ people: ChangedPerson[]; last: readonly [number, number] }> {
  const [row = []] = await run(READ_CHANGES, [...after, SLICE]);
  const { ids, messages } = unpack(row.slice(2));
  const deleted = ((row[1] ?? '') as string).split(',');
  const people = ids.map((id, index) => ({
    id,
    message: messages[index] ?? new Uint8Array(),
    deleted: deleted[index] === '1',
  }));
  return { people, last: [Number(row[0]), ids.at(-1) ?? 0] };
}

async function entriesOf(people: readonly ChangedPerson[], country: string): Promise<Entry[]> {
  const entries = new Map<number, Entry>();
  for (const [index, person] of people.entries()) {
    if (index % TURN === TURN - 1) await new Promise(setImmediate);
    entries.set(person.id, entryOf(person, country));
  }
  return [...entries.values()];
}

async function putPeople(run: RunStatement, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  await run(PUT_PEOPLE, [
    intArray(entries.map(({ id }) => id)),
    `{${entries.map(({ deleted }) => String(deleted)).join(',')}}`,
    entries.map(({ nameKey }) => nameKey),
    entries.map(({ words }) => textOf(words)),
  ]);
}
