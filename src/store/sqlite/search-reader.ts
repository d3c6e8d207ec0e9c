import type { TextQuery } from '../search/texts.js';
import type { Database } from './database.js';
import { matchOf } from './search-texts.js';

/** What a search reads of the index; see IndexReader. */
export interface SearchReader {
  withVariants(variants: readonly string[]): string[];
  matching(query: TextQuery, afterId: number, limit: number): number[];
}

/** Prepares the statements. */
export function prepareSearchReader(database: Database): SearchReader {
  const withVariants = database.prepare(`
    select word from search_variants join search_words on id = search_variants.rowid
    where search_variants match ?`);
  const matching = database.prepare(`
    select group_concat(id) as ids from (
      select rowid as id from search_texts where search_texts match ? and rowid > ?
      order by rowid limit ?
    )`);

  return {
    withVariants: (variants) => {
      const rows = withVariants.all(variants.map((variant) => `"${variant}"`).join(' OR ')) as {
        word: string;
      }[];
      return rows.map(({ word }) => word);
    },
    matching: (query, afterId, limit) => {
      const { ids } = matching.get(matchOf(query), afterId, limit) as { ids: string | null };
      return ids === null ? [] : ids.split(',').map(Number);
    },
  };
}
