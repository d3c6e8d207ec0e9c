import type { WordPart } from '../search/texts.js';

/**
 * The words of people are one text, with two blanks before and after each: pg_trgm indexes all
 * groups of three characters, and a blank is the start or the end of a word.
 */
const GAP = '  ';

/** The text of a person. */
export function textOf(words: readonly string[]): string {
  return GAP + words.join(GAP) + GAP;
}

/** The pattern of texts with that part. Words have none of the characters that are special there. */
export function patternOf({ at, text }: WordPart): string {
  if (at === 'inside') return `%${text}%`;
  return at === 'start' ? `%${GAP}${text}%` : `%${GAP}${text}${GAP}%`;
}
