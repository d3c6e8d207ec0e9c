import { countOf, MAX_ID, withoutIds, type FreeIds } from '../../directory/free-ids.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';

/** The ids that new people get. All of it must be called within a transaction. */
export interface FreePersonIds {
  /**
   * Free ids for a write that names `named`, and assigns up to `count` others. There are fewer only
   * if no more are free in a row.
   */
  get(named: readonly number[], count: number): FreeIds;
  /** Keeps what the write has left of them. */
  set(freeIds: FreeIds): void;
}

/** Prepares the statements on free ids. */
export function prepareFreePersonIds(database: Database, counters: Counters): FreePersonIds {
  // Takes 1 s among 1,000,000 people; needed only after ids up to the largest were named.
  const findLargestGap = database.prepare(`
    select first, until as "end" from (
      select id + 1 as first, lead(id, 1, ${MAX_ID + 1}) over (order by id) as until
      from (select 0 as id union all select id from people union all select id from deleted_people)
    ) order by until - first desc, first limit 1`);

  function set({ first, end }: FreeIds): void {
    counters.set('first_free_person_id', first);
    counters.set('end_of_free_person_ids', end);
  }

  return {
    get: (named, count) => {
      const freeIds = {
        first: counters.get('first_free_person_id'),
        end: counters.get('end_of_free_person_ids'),
      };
      if (count === 0 || countOf(withoutIds(freeIds, named)) >= count) return freeIds;
      const gap = findLargestGap.get() as FreeIds;
      set(gap);
      return gap;
    },
    set,
  };
}
