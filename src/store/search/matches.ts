import { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { matchKind, matchOf, MATCH, MIN_INSIDE_LENGTH, RANKS } from '../../directory/match.js';
import type { Reading } from '../../directory/search-words.js';
import type { CancelSignal, FoundMatch, MatchPage } from '../../directory/store.js';
import { queryVariants } from '../../directory/typos.js';
import type { TextQuery, WordPart } from './texts.js';

/** What a search reads of the index of an engine, and of the people in it. */
export interface IndexReader {
  /** The words that people have which are indexed under one of the variants. */
  withVariants(variants: readonly string[]): readonly string[] | Promise<readonly string[]>;
  /** The ids above `afterId` of the people whom the query matches, ascending, at most `limit`. */
  matching(
    query: TextQuery,
    afterId: number,
    limit: number,
  ): readonly number[] | Promise<readonly number[]>;
  /** The messages of those who are still there, by id. */
  readPeople(
    ids: readonly number[],
  ): ReadonlyMap<number, Encoded<Person>> | Promise<ReadonlyMap<number, Encoded<Person>>>;
}

/** The parts of texts by which a word of a query is found, at least as good as each kind. */
type WordTexts = readonly (readonly WordPart[])[];

/** Queries that find people together. */
type Alternatives = readonly TextQuery[];

/** As many people are compared with a query together: about 1 ms. */
const BATCH = 64;

/**
 * Finds people as SearchStore.findMatches does. The index finds who may match; then the people are
 * read and compared with the query, no more than the page needs, but for those who rank better.
 */
export async function findMatches(
  index: IndexReader,
  { readings, defaultCountry }: { readings: readonly Reading[]; defaultCountry: string },
  { after, limit }: MatchPage,
  signal?: CancelSignal,
): Promise<FoundMatch[]> {
  const queries = await queriesOf(index, readings);
  const batch = Math.max(BATCH, limit + 1);
  /** Everyone who was compared; undefined if they do not match. */
  const compared = new Map<number, FoundMatch | undefined>();

  /** The next ids that one of the queries finds. */
  async function nextIds(alternatives: Alternatives, afterId: number): Promise<number[]> {
    const ids = new Set<number>();
    for (const query of alternatives) {
      for (const id of await index.matching(query, afterId, batch)) ids.add(id);
    }
    // The rest of a search for common words is left to a later turn of the event loop.
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    return [...ids].sort((one, other) => one - other).slice(0, batch);
  }

  async function compare(ids: readonly number[]): Promise<FoundMatch[]> {
    const unknown = ids.filter((id) => !compared.has(id));
    const messages = await index.readPeople(unknown);
    for (const id of unknown) {
      const message = messages.get(id);
      // It may have changed since it was indexed.
      const match = message && matchOf(readings, Person.decode(message), defaultCountry);
      compared.set(id, match && { id, ...match, message });
    }
    return ids.flatMap((id) => compared.get(id) ?? []);
  }

  const isAfter = ({ rank, id }: FoundMatch): boolean =>
    after === undefined || rank > after.rank || (rank === after.rank && id > after.id);

  async function ofRank(rank: number, wanted: number): Promise<FoundMatch[]> {
    const found: FoundMatch[] = [];
    const alternatives = queriesOfRank(queries, rank);
    let afterId = rank === after?.rank ? after.id : 0;
    for (let isLast = alternatives.length === 0; !isLast && found.length < wanted;) {
      const ids = await nextIds(alternatives, afterId);
      const matches = await compare(ids);
      found.push(...matches.filter((match) => match.rank === rank && isAfter(match)));
      afterId = ids.at(-1) ?? afterId;
      isLast = ids.length < batch;
    }
    return found;
  }

  const ids = await nextIds(queriesOfRank(queries, RANKS - 1), 0);
  if (ids.length < batch) {
    const found = (await compare(ids)).filter(isAfter);
    return found.sort((one, other) => one.rank - other.rank || one.id - other.id).slice(0, limit);
  }
  // There are many: now rank by rank, from the best.
  const found: FoundMatch[] = [];
  for (let rank = after?.rank ?? 0; rank < RANKS && found.length < limit; rank += 1) {
    found.push(...(await ofRank(rank, limit - found.length)));
  }
  return found.slice(0, limit);
}

/** The texts of the words of each reading. */
async function queriesOf(
  index: IndexReader,
  readings: readonly Reading[],
): Promise<(readonly WordTexts[])[]> {
  const texts = new Map<string, WordTexts>();
  for (const word of new Set(readings.flat())) texts.set(word, await textsOf(index, word));
  return readings.map((reading) => reading.flatMap((word) => [texts.get(word) ?? []]));
}

/** The queries for people of a rank and of better ones; see `rankOf`. */
function queriesOfRank(readings: readonly (readonly WordTexts[])[], rank: number): Alternatives {
  const kind = Math.ceil(rank / 2);
  if (rank % 2 === 0) return readings.map((words) => words.map((word) => textsAt(word, kind)));
  return readings
    .filter((words) => words.length > 1)
    .flatMap((words) =>
      words.map((_, inexact) =>
        words.map((word, index) => textsAt(word, index === inexact ? kind : MATCH.exact)),
      ),
    );
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
