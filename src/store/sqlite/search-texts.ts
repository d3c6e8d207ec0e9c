import { cut } from '../../directory/fold.js';
import type { TextQuery, WordPart } from '../search/texts.js';

/**
 * The words of people are the terms of an FTS5 table, and so are the groups of three letters after
 * the first one of each word, with this mark.
 */
const INSIDE_MARK = '~';

const LETTERS = 3;

/** The text of a person, for a tokenizer that splits it at blanks. */
export function textOf(words: readonly string[]): string {
  const groups = new Set(words.flatMap((word) => groupsOf(word, 1)));
  return [...words, ...groups].join(' ');
}

/** A query of FTS5 for people. Words have no quotes. */
export function matchOf(query: TextQuery): string {
  return query.map((parts) => `(${parts.map(matchOfPart).join(' OR ')})`).join(' AND ');
}

/**
 * The start of a word stands for its first three letters, of which FTS5 keeps a list; the lists of
 * people with each longer start would be merged for each query.
 */
function matchOfPart({ at, text }: WordPart): string {
  if (at === 'whole') return `"${text}"`;
  const start = `"${cut(text, LETTERS)}"*`;
  const [first, ...groups] = groupsOf(text, 0).map((group) => `"${group}"`);
  const beginning = at === 'start' || first === undefined ? start : `(${start} OR ${first})`;
  return `(${[beginning, ...groups].join(' AND ')})`;
}

/** The marked groups of letters from a place of the word on. */
function groupsOf(word: string, from: number): string[] {
  const groups: string[] = [];
  for (let at = from; at + LETTERS <= word.length; at += 1) {
    groups.push(INSIDE_MARK + word.slice(at, at + LETTERS).toWellFormed());
  }
  return groups;
}
