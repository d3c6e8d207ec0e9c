import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { MAX_ID } from '../../directory/free-ids.js';
import { createCatchUp } from '../search/catch-up.js';
import { findMatches, type IndexReader } from '../search/matches.js';
import type { StoreSearch } from '../search/store-search.js';
import { readNamePage, type NameReader } from '../search/name-pages.js';
import { MAX_PHONE_CANDIDATES, phoneQuery, withPhone } from '../search/phones.js';
import type { TextQuery } from '../search/texts.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import type { PeopleTables } from './person-changes.js';
import { prepareSearchIndex } from './search-index.js';
import { prepareSearchReader } from './search-reader.js';

/** Searches of a SQLite store. */
export interface Search extends StoreSearch {
  readonly defaultCountry: string;
  findByPhone(phone: string, showDeleted: boolean): Encoded<Person> | undefined;
}

/** Where the index finds the messages of people. */
type Tables = Pick<PeopleTables, 'people' | 'deletedPeople'>;

/** Prepares searches, lookups by phone and lists by name; `indexSlice` is one of writer.ts. */
export function prepareSearch(
  database: Database,
  counters: Pick<Counters, 'get'>,
  tables: Tables,
  indexSlice: () => Promise<boolean>,
): Search {
  const index = prepareSearchIndex(database);
  const reader = prepareSearchReader(database);
  const indexReader: IndexReader = {
    ...reader,
    readPeople: (ids) => tables.people.findByIds(ids),
  };
  const nameReader = prepareNameReader(database, tables);
  const country = index.state().defaultCountry;
  const catchUp = createCatchUp({
    currentRevision: () => counters.get('revision'),
    indexedRevision: () => indexedRevision(index.state()),
    runSlice: indexSlice,
  });
  if (indexedRevision(index.state()) < counters.get('revision')) catchUp.written();

  function findByPhone(phone: string, showDeleted: boolean): Encoded<Person> | undefined {
    const query = phoneQuery(phone, country);
    if (query === undefined) return undefined;
    const idsOf = (texts: TextQuery): readonly number[] =>
      reader.matching(texts, 0, MAX_PHONE_CANDIDATES);
    const live = withPhone(tables.people.findByIds(idsOf(query.live)), query.key, country);
    if (live !== undefined || !showDeleted) return live;
    return withPhone(tables.deletedPeople.find(idsOf(query.deleted)), query.key, country);
  }

  return {
    defaultCountry: country,
    findMatches: async (readings, page, signal) => {
      await catchUp.untilFresh(signal);
      return findMatches(indexReader, { readings, defaultCountry: country }, page, signal);
    },
    untilFresh: (signal) => catchUp.untilFresh(signal),
    findByPhone,
    queryByName: async (query, signal) => {
      await catchUp.untilFresh(signal);
      return readNamePage(query, nameReader);
    },
    lag: () => catchUp.lag(),
    written: () => {
      catchUp.written();
    },
    stop: () => catchUp.stop(),
  };
}

/** The revision up to which everything is indexed. */
function indexedRevision(state: { readonly revision: number; readonly personId: number }): number {
  return state.personId === MAX_ID ? state.revision : state.revision - 1;
}

function prepareNameReader(database: Database, { people, deletedPeople }: Tables): NameReader {
  const select = database.prepare(`
    select person_id as id, name_key as nameKey, deleted from search_people
    where (name_key, person_id) > (?, ?) and deleted <= ?
    order by name_key, person_id limit ?`);
  return {
    readNames: ({ afterNameKey, afterId }, showDeleted, limit) => {
      const rows = select.all(afterNameKey, afterId, showDeleted ? 1 : 0, limit);
      return (rows as { id: number; nameKey: string; deleted: number }[]).map((row) => ({
        ...row,
        deleted: row.deleted === 1,
      }));
    },
    readMessages: (named) => {
      const ids = (wanted: boolean): number[] =>
        named.filter(({ deleted }) => deleted === wanted).map(({ id }) => id);
      return new Map([...people.findByIds(ids(false)), ...deletedPeople.find(ids(true))]);
    },
  };
}
