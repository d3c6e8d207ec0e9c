/**
 * People are found by a text of their words, with two blanks before and after each: the engines
 * index all groups of three characters, and a blank is the start or the end of a word.
 */
const GAP = '  ';

/** Phones of deleted people are marked, as only lookups with `show_deleted` find these. */
const DELETED_MARK = '#';

/** A query for texts that have, for each list, at least one of its parts. */
export type TextQuery = readonly (readonly string[])[];

/** The text of a person. */
export function textOf(words: Iterable<string>): string {
  return `${GAP}${[...words].join(GAP)}${GAP}`;
}

/** The part of a text that has exactly the word; at least three characters, as all parts. */
export function exactly(word: string): string {
  return ` ${word} `;
}

/** The part of a text that has a word with that prefix. */
export function startingWith(prefix: string): string {
  return `${GAP}${prefix}`;
}

/** How the number of a phone stands in the text of a deleted person. */
export function markDeleted(digits: string): string {
  return DELETED_MARK + digits;
}
