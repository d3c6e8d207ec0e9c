import { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { nameKey } from '../../directory/name-key.js';
import { personWords, phoneWords } from '../../directory/search-words.js';
import { isComparable } from '../../directory/typos.js';
import { markDeleted } from './texts.js';

/** A person who has changed since the index was brought up to date. */
export interface ChangedPerson {
  readonly id: number;
  readonly message: Encoded<Person>;
  readonly deleted: boolean;
}

/** What the index holds of a person. */
export interface Entry {
  readonly id: number;
  readonly deleted: boolean;
  readonly nameKey: string;
  /** All words of the person; of a deleted one only the phones, marked. */
  readonly words: readonly string[];
  /** Those words that are compared with typos. */
  readonly comparable: readonly string[];
}

/** What the index is to hold of a person. */
export function entryOf({ id, message, deleted }: ChangedPerson, defaultCountry: string): Entry {
  const person = Person.decode(message);
  const words = deleted
    ? new Set(phoneWords(person, defaultCountry).map(markDeleted))
    : personWords(person, defaultCountry);
  return {
    id,
    deleted,
    nameKey: nameKey(person.name),
    words: [...words],
    comparable: [...words].filter(isComparable),
  };
}

/** The words of the entries that are compared with typos, each once. */
export function comparableWords(entries: readonly Entry[]): Set<string> {
  return new Set(entries.flatMap(({ comparable }) => comparable));
}
