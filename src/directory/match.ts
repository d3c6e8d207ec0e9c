import type { Person } from '../../gen/personguide/person_guide.js';
import {
  phoneWords,
  SEARCH_FIELDS,
  visitTexts,
  type Reading,
  type SearchField,
} from './search-words.js';
import { allowedTypos, withinTypos } from './typos.js';

/** How a word of a query matches a word of a person; the lower, the better. */
export const MATCH = { exact: 0, prefix: 1, inside: 2, typos: 3, none: 4 } as const;

/** One of MATCH. */
export type MatchKind = (typeof MATCH)[keyof typeof MATCH];

/** From this many letters on, the word of a query matches inside words. */
export const MIN_INSIDE_LENGTH = 3;

/**
 * The ranks of people who match, from the best: by their worst word, and, if that is the only one
 * that does not match exactly, better by one.
 */
export const RANKS = 7;

const DIGIT = /[0-9]/;

/** How well a person matches a query. */
export interface Match {
  /** 0 to RANKS - 1; the lower, the better. */
  readonly rank: number;
  /** The field with the best word. */
  readonly field: SearchField;
}

/** How the word of a query matches the word of a person. */
export function matchKind(wanted: string, word: string): MatchKind {
  if (word === wanted) return MATCH.exact;
  const at = word.indexOf(wanted);
  if (at === 0) return MATCH.prefix;
  if (at > 0 && wanted.length >= MIN_INSIDE_LENGTH) return MATCH.inside;
  const typos = allowedTypos(wanted);
  return typos > 0 && withinTypos(wanted, word, typos) ? MATCH.typos : MATCH.none;
}

/** The rank of a person for whom `kindAt(i)` is how the i-th of the words matches; undefined if one does not. */
export function rankOf(words: number, kindAt: (index: number) => number): number | undefined {
  let worst = 0;
  let inexact = 0;
  for (let index = 0; index < words; index += 1) {
    const kind = kindAt(index);
    if (kind === MATCH.none) return undefined;
    if (kind > MATCH.exact) inexact += 1;
    if (kind > worst) worst = kind;
  }
  return 2 * worst - (inexact === 1 && words > 1 ? 1 : 0);
}

/**
 * How well the person matches the best of the readings; undefined if it matches none, which takes
 * every word of the reading.
 */
export function matchOf(
  readings: readonly Reading[],
  person: Person,
  defaultCountry: string,
): Match | undefined {
  const words = new Map<string, SearchField>();
  const add = (word: string, field: SearchField): void => {
    // The fields come in the order of SEARCH_FIELDS: of two with the same word, the first counts.
    if (!words.has(word)) words.set(word, field);
  };
  visitTexts(person, add);
  if (readings.some((reading) => reading.some((word) => DIGIT.test(word)))) {
    for (const word of phoneWords(person, defaultCountry)) add(word, 'phones');
  }
  let best: Match | undefined;
  for (const reading of readings) {
    const match = matchReading(reading, words);
    if (match !== undefined && (best === undefined || match.rank < best.rank)) best = match;
  }
  return best;
}

function matchReading(
  reading: Reading,
  words: ReadonlyMap<string, SearchField>,
): Match | undefined {
  const bests = reading.map((wanted) => bestWord(wanted, words));
  const rank = rankOf(bests.length, (index) => bests[index]?.kind ?? MATCH.none);
  if (rank === undefined) return undefined;
  const [first] = bests.sort(byKindAndField);
  return first === undefined ? undefined : { rank, field: first.field };
}

interface BestWord {
  readonly kind: MatchKind;
  readonly field: SearchField;
}

function bestWord(wanted: string, words: ReadonlyMap<string, SearchField>): BestWord {
  let best: BestWord = { kind: MATCH.none, field: 'phones' };
  for (const [word, field] of words) {
    const found = { kind: matchKind(wanted, word), field };
    if (byKindAndField(found, best) < 0) best = found;
    if (best.kind === MATCH.exact && best.field === 'name') break;
  }
  return best;
}

function byKindAndField(one: BestWord, other: BestWord): number {
  if (one.kind !== other.kind) return one.kind - other.kind;
  return SEARCH_FIELDS.indexOf(one.field) - SEARCH_FIELDS.indexOf(other.field);
}
