import type { Reading } from '../../directory/search-words.js';
import type {
  CancelSignal,
  FoundMatch,
  MatchPage,
  PeopleQuery,
  PeopleQueryPage,
  SearchLag,
} from '../../directory/store.js';

/**
 * What the index of searches of any engine is used for. Its methods see everything written before
 * the call.
 */
export interface StoreSearch {
  findMatches(
    readings: readonly Reading[],
    page: MatchPage,
    signal: CancelSignal | undefined,
  ): Promise<FoundMatch[]>;
  /** Resolves when lookups by phone find everyone who was written before the call. */
  untilFresh(signal: CancelSignal | undefined): Promise<void>;
  queryByName(query: PeopleQuery, signal: CancelSignal | undefined): Promise<PeopleQueryPage>;
  /** How far the index is behind. */
  lag(): Promise<SearchLag>;
  /** Call it after each write of people, and after the whole content of the store was written. */
  written(): void;
  /** Ends indexing, which goes on when the store is opened again, or at another server. */
  stop(): Promise<void>;
}
