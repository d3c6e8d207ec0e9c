import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { MAX_ID } from '../../directory/free-ids.js';
import type { StoreSearch } from '../search/store-search.js';
import { createCatchUp } from '../search/catch-up.js';
import { findMatches } from '../search/matches.js';
import { readNamePage } from '../search/name-pages.js';
import { MAX_PHONE_CANDIDATES, phoneQuery, withPhone } from '../search/phones.js';
import type { Database } from './database.js';
import { findDeleted } from './deleted-people-table.js';
import type { PeopleTable } from './people-table.js';
import { createIndexing, readIndexState, type IndexState } from './search-index.js';
import { createSearchReader, readNames } from './search-reader.js';

type FoundPerson = Encoded<Person> | undefined;

/** Searches of a PostgreSQL store. */
export interface Search extends StoreSearch {
  findByPhone(phone: string, showDeleted: boolean): Promise<FoundPerson>;
}

/** Prepares searches, lookups by phone and lists by name; `state` is that of the index. */
export function createSearch(database: Database, people: PeopleTable, state: IndexState): Search {
  const { defaultCountry } = state;
  const index = createIndexing(database);
  const reader = createSearchReader(database.read);
  const indexReader = { ...reader, readPeople: byIds };
  let indexed = indexedRevision(state);

  async function readState(): Promise<IndexState> {
    const latest = await readIndexState(database.read);
    indexed = indexedRevision(latest);
    return latest;
  }

  const catchUp = createCatchUp({
    currentRevision: async () => (await readState()).currentRevision,
    indexedRevision: () => indexed,
    runSlice: async (isAwaited) => {
      const done = await index(isAwaited);
      await readState();
      return done;
    },
  });

  if (indexed < state.currentRevision) catchUp.written();

  async function byIds(ids: readonly number[]): Promise<Map<number, Encoded<Person>>> {
    const found = await people.find(
      ids.map((id) => ({ id })),
      undefined,
    );
    return new Map(ids.flatMap((id, place) => (found[place] ? [[id, found[place]]] : [])));
  }

  return {
    findMatches: async (readings, page, signal) => {
      await catchUp.untilFresh(signal);
      return findMatches(indexReader, { readings, defaultCountry }, page, signal);
    },
    untilFresh: (signal) => catchUp.untilFresh(signal),
    findByPhone: async (phone, showDeleted) => {
      const query = phoneQuery(phone, defaultCountry);
      if (query === undefined) return undefined;
      const live = await byIds(await reader.matching(query.live, 0, MAX_PHONE_CANDIDATES));
      const found = withPhone(live, query.key, defaultCountry);
      if (found !== undefined || !showDeleted) return found;
      const ids = await reader.matching(query.deleted, 0, MAX_PHONE_CANDIDATES);
      return withPhone(await findDeleted(database.read, ids), query.key, defaultCountry);
    },
    queryByName: async (query, signal) => {
      await catchUp.untilFresh(signal);
      return readNamePage(query, {
        readNames: (after, showDeleted, limit) =>
          readNames(database.read, after, showDeleted, limit),
        readMessages: async (named) => {
          const ids = (wanted: boolean): number[] =>
            named.filter(({ deleted }) => deleted === wanted).map(({ id }) => id);
          const deleted = await findDeleted(database.read, ids(true));
          return new Map([...(await byIds(ids(false))), ...deleted]);
        },
      });
    },
    written: () => {
      catchUp.written();
    },
    lag: () => catchUp.lag(),
    stop: () => catchUp.stop(),
  };
}

/** The revision up to which everything is indexed. */
function indexedRevision({ revision, personId }: IndexState): number {
  return personId === MAX_ID ? revision : revision - 1;
}
