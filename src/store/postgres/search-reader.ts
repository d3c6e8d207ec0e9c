import type { IndexReader } from '../search/matches.js';
import type { NamePosition, NamedPerson } from '../search/name-pages.js';
import type { TextQuery } from '../search/texts.js';
import type { RunStatement } from './database.js';
import { patternOf } from './search-texts.js';

const WITH_VARIANTS = {
  name: 'search_words_with_variants',
  text: 'select word from search_words where variants && $1::text[]',
};

const READ_NAMES = {
  name: 'read_search_names',
  text: `
    select person_id, name_key, deleted from search_people
    where (name_key, person_id) > ($1, $2) and (not deleted or $3)
    order by name_key, person_id limit $4`,
};

/** What a search reads of the index. */
export type SearchReader = Omit<IndexReader, 'readPeople'>;

/** Prepares the statements. */
export function createSearchReader(run: RunStatement): SearchReader {
  return {
    withVariants: async (variants) => {
      const rows = await run(WITH_VARIANTS, [variants]);
      return rows.map(([word]) => word as string);
    },
    matching: async (query, afterId, limit) => {
      const { text, values } = matchingStatement(query, afterId, limit);
      const rows = await run({ name: '', text }, values);
      return rows.map(([id]) => Number(id));
    },
  };
}

/**
 * A statement without a name, which is planned with its values: how many people have a word decides
 * about the plan.
 */
function matchingStatement(
  query: TextQuery,
  afterId: number,
  limit: number,
): { readonly text: string; readonly values: (string | number)[] } {
  const values: (string | number)[] = [limit, afterId];
  const conditions = query.map((parts) => {
    const tests = parts.map((part) => `text like $${values.push(patternOf(part))}`);
    return `(${tests.join(' or ')})`;
  });
  const text = `
    select person_id from search_people where person_id > $2 and ${conditions.join(' and ')}
    order by person_id limit $1`;
  return { text, values };
}

/** Reads people in the order of their names. */
export async function readNames(
  run: RunStatement,
  { afterNameKey, afterId }: NamePosition,
  showDeleted: boolean,
  limit: number,
): Promise<NamedPerson[]> {
  const rows = await run(READ_NAMES, [afterNameKey, afterId, showDeleted, limit]);
  return rows.map(([id, nameKey, deleted]) => ({
    id: Number(id),
    nameKey: nameKey as string,
    deleted: deleted === true,
  }));
}
