/** The largest id that an int32 holds. */
export const MAX_ID = 2_147_483_647;

/** Ids of people that are free: no one has them, deleted or not. Those from `first` on, below `end`. */
export interface FreeIds {
  readonly first: number;
  readonly end: number;
}

/** The free ids of an empty directory. */
export const ALL_IDS: FreeIds = { first: 1, end: MAX_ID + 1 };

/** How many there are. */
export function countOf({ first, end }: FreeIds): number {
  return Math.max(0, end - first);
}

/** Whether the id is one of them. */
export function isFree({ first, end }: FreeIds, id: number): boolean {
  return id >= first && id < end;
}

/**
 * The free ids once these are in use. Ids are assigned above all others, so an id uses up all that
 * are below it; but one that would use up more than half of them is skipped when its turn comes, and
 * those above it are given up. So the largest id takes one id away, and not all.
 */
export function withoutIds(free: FreeIds, ids: Iterable<number>): FreeIds {
  let { first, end } = free;
  for (const id of ids) {
    if (id < first || id >= end) continue;
    if (id - first < (end - first) / 2) first = id + 1;
    else end = id;
  }
  return { first, end };
}
