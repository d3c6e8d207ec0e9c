import type { Person } from '../../gen/personguide/person_guide.js';
import { cut, fold } from './fold.js';
import { phoneKeys, phoneWordsOf } from './phone-key.js';

/** The fields that a search looks into, as the proto spells them; of two that match, the first. */
export const SEARCH_FIELDS = ['name', 'email', 'emails', 'organization', 'phones'] as const;

/** A field that a search looks into. */
export type SearchField = (typeof SEARCH_FIELDS)[number];

/** Words of a query that count. */
const MAX_QUERY_WORDS = 10;

/** Of a longer word, the rest does not count. */
const MAX_WORD_UNITS = 64;

const APOSTROPHES = /['\u2019\u02bc]/g;
const WORDS = /[\p{L}\p{N}]+/gu;

/** A number as people write it: groups of digits with separators, and not part of a word. */
const PHONE = /(?<![\p{L}\p{N}])\+?\(?\d[\d\s().\-/]*\d(?![\p{L}\p{N}])/gu;

/** The digits of a number that is searched as one; fewer are words. */
const MIN_PHONE_DIGITS = 3;

/**
 * The words of a text: letters and digits, folded. An apostrophe does not separate words: `O'Brien`
 * is the word `obrien`.
 */
export function wordsOf(text: string): string[] {
  if (text === '') return [];
  const words = fold(text).replace(APOSTROPHES, '').match(WORDS) ?? [];
  return words.map((word) => cut(word, MAX_WORD_UNITS));
}

/** Calls `visit` with each word by which a search finds the person, without its phones. */
export function visitTexts(
  person: Person,
  visit: (word: string, field: SearchField) => void,
): void {
  for (const word of wordsOf(person.name)) visit(word, 'name');
  for (const word of wordsOf(person.email)) visit(word, 'email');
  for (const { address } of person.emails) {
    for (const word of wordsOf(address)) visit(word, 'emails');
  }
  for (const word of wordsOf(person.organization)) visit(word, 'organization');
}

/** The words by which a search finds the person by its phones. */
export function phoneWords(person: Person, defaultCountry: string): string[] {
  return person.phones.flatMap(({ number }) => phoneWordsOf(number, defaultCountry));
}

/** All words by which a search finds the person, each once. */
export function personWords(person: Person, defaultCountry: string): Set<string> {
  const words = new Set<string>();
  visitTexts(person, (word) => words.add(word));
  for (const word of phoneWords(person, defaultCountry)) words.add(word);
  return words;
}

/** One way to understand a query: the words that a person must have. */
export type Reading = readonly string[];

/**
 * What a query may mean: its words; and, if there are phone numbers in it, also those words with
 * the digits of each number as one word: as they are written, without zeros in front, and in the
 * international form. A query without words has no reading.
 */
export function readingsOf(query: string, defaultCountry: string): Reading[] {
  const texts = [
    query,
    withNumbers(query, digitsOf),
    withNumbers(query, (number) => digitsOf(number).replace(/^0+/, '')),
    withNumbers(query, (number) => phoneKeys(number, defaultCountry)[0] ?? number),
  ];
  const readings = new Map<string, Reading>();
  for (const text of texts) {
    const words = [...new Set(wordsOf(text))].slice(0, MAX_QUERY_WORDS);
    if (words.length > 0) readings.set(words.join(' '), words);
  }
  return [...readings.values()];
}

function withNumbers(query: string, rewrite: (number: string) => string): string {
  return query.normalize('NFKC').replace(PHONE, (number) => {
    return digitsOf(number).length < MIN_PHONE_DIGITS ? number : ` ${rewrite(number)} `;
  });
}

function digitsOf(text: string): string {
  return text.replace(/\D+/g, '');
}
