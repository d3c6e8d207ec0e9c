import { matchKind, MATCH, MIN_INSIDE_LENGTH } from '../../directory/match.js';
import type { Reading } from '../../directory/search-words.js';
import type { CancelSignal } from '../../directory/store.js';
import { queryVariants } from '../../directory/typos.js';
import type { TextQuery, WordPart } from './texts.js';

/** What a search reads of the index of an engine. */
export interface IndexReader {
  /** The words that people have which are indexed under one of the variants. */
  withVariants(variants: readonly string[]): readonly string[] | Promise<readonly string[]>;
  /** The ids of the people whom the query matches, in ascending order, at most `limit`. */
  matching(query: TextQuery, limit: number): readonly number[] | Promise<readonly number[]>;
}

/** The parts of texts by which a word of a query is found, at least as good as each kind. */
type WordTexts = readonly (readonly WordPart[])[];

/**
 * The ids of the people who match one of the readings: the best `limit` by rank, then by id. This is
 * what `matchOf` decides, without reading the people.
 */
export async function findCandidates(
  index: IndexReader,
  readings: readonly Reading[],
  limit: number,
  signal?: CancelSignal,
): Promise<number[]> {
  const texts = new Map<string, WordTexts>();
  for (const word of new Set(readings.flat())) texts.set(word, await textsOf(index, word));
  const queries = readings.map((reading) => reading.flatMap((word) => [texts.get(word) ?? []]));
  const found = new Set<number>();

  /** Adds the people who match one of the queries, at most `limit` besides those found so far. */
  async function add(alternatives: readonly TextQuery[]): Promise<void> {
    const ids = new Set<number>();
    for (const query of alternatives) {
      for (const id of await index.matching(query, limit + found.size + 1)) ids.add(id);
    }
    for (const id of [...ids].sort((one, other) => one - other)) found.add(id);
    // The rest of a search for common words is left to a later turn of the event loop.
    await new Promise(setImmediate);
    signal?.throwIfAborted();
  }

  await add(queries.map((words) => words.map((word) => textsAt(word, MATCH.typos))));
  if (found.size <= limit) return [...found];
  // There are too many: now rank by rank, from the best.
  found.clear();
  for (const ranks of rankQueries(queries)) {
    await add(ranks);
    if (found.size >= limit) break;
  }
  return [...found].slice(0, limit);
}

/** The queries for people of each rank and better ones, from the best rank; see `rankOf`. */
function rankQueries(readings: readonly (readonly WordTexts[])[]): TextQuery[][] {
  const ranks: TextQuery[][] = [readings.map((words) => words.map((w) => textsAt(w, MATCH.exact)))];
  for (const kind of [MATCH.prefix, MATCH.inside, MATCH.typos]) {
    ranks.push(
      readings.flatMap((words) =>
        words.map((_, inexact) =>
          words.map((word, index) => textsAt(word, index === inexact ? kind : MATCH.exact)),
        ),
      ),
    );
    ranks.push(readings.map((words) => words.map((word) => textsAt(word, kind))));
  }
  return ranks;
}

function textsAt(word: WordTexts, kind: number): readonly WordPart[] {
  return word[kind] ?? [];
}

async function textsOf(index: IndexReader, word: string): Promise<WordTexts> {
  const exact: WordPart[] = [{ at: 'whole', text: word }];
  const prefix: WordPart[] = [{ at: 'start', text: word }];
  const isShort = word.length < MIN_INSIDE_LENGTH;
  const inside: WordPart[] = isShort ? prefix : [{ at: 'inside', text: word }];
  const variants = queryVariants(word);
  const close = variants.length === 0 ? [] : await index.withVariants(variants);
  const typos = close
    .filter((other) => matchKind(word, other) === MATCH.typos)
    .map((text): WordPart => ({ at: 'whole', text }));
  return [exact, prefix, inside, [...inside, ...typos]];
}
