import { Person } from '../../gen/personguide/person_guide.js';
import type { Encoded } from './encoded.js';
import { matchOf } from './match.js';
import { readingsOf, type SearchField } from './search-words.js';
import type { ReadOptions, SearchStore } from './store.js';

/** People whom a search returns. */
export const MAX_MATCHES = 1000;

/** A person whom a search has found. */
export interface FoundPerson {
  readonly id: number;
  /** Above 0 and at most 1, in steps that a 32-bit float holds exactly. */
  readonly score: number;
  /** The field that matches best, as the proto spells it. */
  readonly field: SearchField;
  readonly message: Encoded<Person>;
}

/** The ranks share the range above 0. */
const SCORE_STEP = 1 / 8;

/**
 * Finds the people who have every word of the query, the best MAX_MATCHES of them: by descending
 * score, then in ascending order of id. Words match regardless of their order, of case and of
 * diacritics, best first: whole; as a prefix; from three letters on inside a word; and words of
 * letters with one typo from 4 letters on, with two from 8. Phones match by their digits.
 */
export async function searchPeople(
  store: SearchStore,
  query: string,
  options: ReadOptions = {},
): Promise<FoundPerson[]> {
  const readings = readingsOf(query, store.defaultCountry);
  if (readings.length === 0) return [];
  const messages = await store.findMatches(readings, MAX_MATCHES, options);
  const found: FoundPerson[] = [];
  for (const message of messages) {
    const person = Person.decode(message);
    // It may have changed since it was found.
    const match = matchOf(readings, person, store.defaultCountry);
    if (match === undefined) continue;
    found.push({ id: person.id, score: 1 - match.rank * SCORE_STEP, field: match.field, message });
  }
  return found.sort((one, other) => other.score - one.score || one.id - other.id);
}
