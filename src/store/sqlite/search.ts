import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { MAX_ID } from '../../directory/free-ids.js';
import type { Reading } from '../../directory/search-words.js';
import type {
  CancelSignal,
  FoundMatch,
  MatchPage,
  PeopleQuery,
  PeopleQueryPage,
  SearchLag,
} from '../../directory/store.js';
import { createCatchUp } from '../search/catch-up.js';
import { findMatches, type IndexReader } from '../search/matches.js';
import { readNamePage, type NameReader } from '../search/name-pages.js';
import { MAX_PHONE_CANDIDATES, phoneQuery, withPhone } from '../search/phones.js';
import type { TextQuery } from '../search/texts.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import { rollBack } from './group-commit.js';
import type { PeopleTables } from './person-changes.js';
import { prepareSearchIndex } from './search-index.js';
import { prepareSearchReader } from './search-reader.js';

/** What the index of searches is used for. Its methods see everything written before the call. */
export interface Search {
  readonly defaultCountry: string;
  findMatches(
    readings: readonly Reading[],
    page: MatchPage,
    signal: CancelSignal | undefined,
  ): Promise<FoundMatch[]>;
  /** Resolves when findByPhone finds everyone who was written before the call. */
  untilFresh(signal: CancelSignal | undefined): Promise<void>;
  findByPhone(phone: string, showDeleted: boolean): Encoded<Person> | undefined;
  queryByName(query: PeopleQuery, signal: CancelSignal | undefined): Promise<PeopleQueryPage>;
  /** Removes people who are purged; must be called within their transaction. */
  forget(ids: readonly number[]): void;
  /** Call it after each write of people. */
  written(): void;
  /** How far the index is behind. */
  lag(): Promise<SearchLag>;
  /** Call it after the whole content of the store was written. */
  restarted(): void;
  /** Ends indexing, which goes on when the store is opened again. */
  stop(): Promise<void>;
}

/** Options of the index. */
export interface SearchOptions {
  /** The country of numbers that do not name theirs; undefined for the one of the last time. */
  readonly defaultCountry: string | undefined;
  /** Throws while no transaction may begin. */
  readonly requireIdle: () => void;
}

/** Where the index finds the messages of people. */
type Tables = Pick<PeopleTables, 'people' | 'deletedPeople'>;

/** A slice of indexing keeps other calls waiting for about this long... */
const SLICE_MS = 6;

/** ...and is of so many people. */
const MIN_SLICE = 32;
const MAX_SLICE = 2_000;

/** Prepares searches, lookups by phone and lists by name. */
export function prepareSearch(
  database: Database,
  counters: Counters,
  tables: Tables,
  { defaultCountry, requireIdle }: SearchOptions,
): Search {
  const index = prepareSearchIndex(database);
  const reader = prepareSearchReader(database);
  const indexReader: IndexReader = {
    ...reader,
    readPeople: (ids) => tables.people.findByIds(ids),
  };
  const nameReader = prepareNameReader(database, tables);
  let slice = MIN_SLICE;

  function inTransaction<T>(work: () => T): T {
    // What is lost in a power loss is indexed again, so it need not wait for the disk. A later
    // commit of people writes all of the log that precedes it to the disk.
    database.exec('pragma synchronous = normal; begin immediate');
    try {
      const result = work();
      database.exec('commit');
      return result;
    } catch (error) {
      rollBack(database);
      index.reset();
      throw error;
    } finally {
      database.exec('pragma synchronous = full');
    }
  }

  if (defaultCountry !== undefined && defaultCountry !== index.state().defaultCountry) {
    inTransaction(() => {
      index.setDefaultCountry(defaultCountry);
    });
  }
  let indexed = indexedRevision(index.state());
  const country = index.state().defaultCountry;

  function runSlice(): boolean {
    requireIdle();
    const started = process.cpuUsage();
    const revision = counters.get('revision');
    const people = inTransaction(() => index.update(slice, revision));
    const done = people < slice;
    indexed = indexedRevision(index.state());
    // Not by the clock: on a machine with other work to do, ever smaller slices would take ever more
    // transactions.
    const { user, system } = process.cpuUsage(started);
    const share = (1000 * SLICE_MS) / (user + system);
    // A slice of few people says little about one of many.
    if (!done || share < 1) slice = Math.ceil(slice * Math.min(2, Math.max(0.5, share)));
    slice = Math.min(Math.max(slice, MIN_SLICE), MAX_SLICE);
    return done;
  }

  const catchUp = createCatchUp({
    currentRevision: () => counters.get('revision'),
    indexedRevision: () => indexed,
    runSlice,
  });
  if (indexed < counters.get('revision')) catchUp.written();

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
    forget: (ids) => {
      index.forget(ids);
    },
    written: () => {
      if (counters.get('revision') > indexed) catchUp.written();
    },
    restarted: () => {
      indexed = indexedRevision(index.state());
      catchUp.written();
    },
    lag: () => catchUp.lag(),
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
