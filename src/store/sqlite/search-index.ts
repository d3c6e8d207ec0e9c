import { MAX_ID } from '../../directory/free-ids.js';
import { indexedVariants } from '../../directory/typos.js';
import { comparableWords, entryOf, type ChangedPerson, type Entry } from '../search/entries.js';
import { createBulkInsert } from './bulk-insert.js';
import { CHANGED_PEOPLE } from './change-feed.js';
import type { Database } from './database.js';
import { textOf } from './search-texts.js';

/** How far the index is: everyone who was changed up to this place in the order of changes is in it. */
export interface IndexState {
  readonly revision: number;
  readonly personId: number;
  readonly defaultCountry: string;
}

/** The statements that bring the index up to date; all must be called within a transaction. */
export interface SearchIndex {
  state(): IndexState;
  /** Sets the country of numbers without one; if it is another, everyone is indexed again. */
  setDefaultCountry(code: string): void;
  /**
   * Indexes at most `limit` of the people who have changed, where `revision` is that of the last
   * write. Returns their number: less than `limit` if nothing is left.
   */
  update(limit: number, revision: number): number;
  /** Removes people for good. */
  forget(ids: readonly number[]): void;
  /** Call it after a transaction was rolled back. */
  reset(): void;
}

/** Prepares the statements. */
export function prepareSearchIndex(database: Database): SearchIndex {
  const selectState = database.prepare(`
    select revision, person_id as personId, default_country as defaultCountry from search_state`);
  const saveState = database.prepare(`
    update search_state set revision = ?, person_id = ?, default_country = ?`);
  const readChanges = prepareReadChanges(database);
  const putEntries = preparePutEntries(database);
  const words = prepareWords(database);
  const forgetText = database.prepare('delete from search_texts where rowid = ?');
  const forgetPerson = database.prepare('delete from search_people where person_id = ?');

  const state = (): IndexState => selectState.get() as IndexState;

  return {
    state,
    setDefaultCountry: (code) => {
      if (state().defaultCountry === code) return;
      restartSearchIndex(database);
      saveState.run(0, 0, code);
    },
    update: (limit, revision) => {
      const { defaultCountry, ...place } = state();
      const { people, last } = readChanges(place, limit);
      const entries = people.map((person) => entryOf(person, defaultCountry));
      putEntries(entries);
      words.add(comparableWords(entries));
      const next = people.length < limit ? { revision, personId: MAX_ID } : last;
      saveState.run(next.revision, next.personId, defaultCountry);
      return people.length;
    },
    forget: (ids) => {
      for (const id of ids) {
        forgetText.run(id);
        forgetPerson.run(id);
      }
    },
    reset: () => {
      words.reset();
    },
  };
}

/**
 * Has everyone indexed again. Revisions of another store may be below those that are indexed.
 * Replacing each text would take longer, and leave a deleted one for each.
 */
export function restartSearchIndex(database: Database): void {
  database.exec(`
    update search_state set revision = 0, person_id = 0;
    insert into search_texts (search_texts) values ('delete-all');
    delete from search_people;
  `);
}

type Place = Pick<IndexState, 'revision' | 'personId'>;

interface ChangedRow {
  readonly id: number;
  readonly revision: number;
  readonly message: Uint8Array;
  readonly deleted: number;
}

function prepareReadChanges(
  database: Database,
): (after: Place, limit: number) => { people: ChangedPerson[]; last: Place } {
  const statement = database.prepare(CHANGED_PEOPLE);
  return (after, limit) => {
    const rows = statement.all(after.revision, after.personId, limit) as ChangedRow[];
    const last = rows.at(-1);
    return {
      people: rows.map(({ id, message, deleted }) => ({ id, message, deleted: deleted === 1 })),
      last: last === undefined ? after : { revision: last.revision, personId: last.id },
    };
  };
}

function preparePutEntries(database: Database): (entries: readonly Entry[]) => void {
  const putPeople = createBulkInsert(
    database,
    'insert into search_people (person_id, deleted, name_key)',
    `on conflict (person_id) do update
      set deleted = excluded.deleted, name_key = excluded.name_key`,
  );
  const putText = database.prepare(
    `insert or replace into search_texts (rowid, text) values (?, ?)`,
  );
  return (entries) => {
    putPeople(entries.flatMap(({ id, deleted, nameKey }) => [id, deleted ? 1 : 0, nameKey]));
    for (const { id, words } of entries) putText.run(id, textOf(words));
  };
}

/** Common words are remembered: looking one up costs 2 us. */
const MAX_REMEMBERED_WORDS = 50_000;

interface Words {
  /** Adds those words that no one has had. */
  add(words: Set<string>): void;
  reset(): void;
}

function prepareWords(database: Database): Words {
  const select = database.prepare(`
    select word from json_each(?) as wanted join search_words on word = wanted.value`);
  const selectLast = database.prepare('select ifnull(max(id), 0) as id from search_words');
  const insertWords = createBulkInsert(database, 'insert into search_words (id, word)');
  const insertVariants = createBulkInsert(
    database,
    'insert into search_variants (rowid, variants)',
  );
  const remembered = new Set<string>();

  return {
    add: (words) => {
      const unknown = [...words].filter((word) => !remembered.has(word));
      if (unknown.length === 0) return;
      const known = select.all(JSON.stringify(unknown)) as { word: string }[];
      const found = new Set(known.map(({ word }) => word));
      const { id: last } = selectLast.get() as { id: number };
      const added = unknown
        .filter((word) => !found.has(word))
        .map((word, index): [number, string] => [last + 1 + index, word]);
      insertWords(added.flat());
      insertVariants(added.flatMap(([id, word]) => [id, indexedVariants(word).join(' ')]));
      if (remembered.size > MAX_REMEMBERED_WORDS) remembered.clear();
      for (const word of unknown) remembered.add(word);
    },
    reset: () => {
      remembered.clear();
    },
  };
}
