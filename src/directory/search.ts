import { readingsOf } from './search-words.js';
import type { FoundMatch, MatchPage, ReadOptions, SearchStore } from './store.js';

/** People whom a search returns. */
export const MAX_MATCHES = 1000;

/**
 * Finds the people who have every word of the query: by rank, then in ascending order of id. Words
 * match regardless of their order, of case and of diacritics, best first: whole; as a prefix; from
 * three letters on inside a word; and words of letters with one typo from 4 letters on, with two
 * from 8. Phones match by their digits.
 */
export async function searchPeople(
  store: SearchStore,
  query: string,
  page: MatchPage = { after: undefined, limit: MAX_MATCHES },
  options: ReadOptions = {},
): Promise<readonly FoundMatch[]> {
  const readings = readingsOf(query, store.defaultCountry);
  return readings.length === 0 ? [] : store.findMatches(readings, page, options);
}
