import type { Database } from './database.js';

/** A kind of record that has ids of its own. */
export type CounterName = 'people' | 'users';

/**
 * The first free id of each kind. They are kept in memory, because no other process writes to the
 * file, and written once per transaction: an update per user would cost 1 us.
 */
export interface Counters {
  /** An id such that it and all above it are neither stored nor were ever assigned. */
  firstFreeId(name: CounterName): number;
  /** Makes this id the first free one. Call it when the ids below it have been written. */
  setFirstFreeId(name: CounterName, id: number): void;
  /** Writes the changed counters; the last statement of a transaction. */
  save(): void;
  /** Goes back to the stored counters, after a transaction was rolled back. */
  reset(): void;
}

/** Prepares the statements on counters. */
export function prepareCounters(database: Database): Counters {
  const select = database.prepare('select first_free_id as id from counters where name = ?');
  const update = database.prepare('update counters set first_free_id = ? where name = ?');
  const firstFreeIds = new Map<CounterName, number>();
  const changed = new Set<CounterName>();

  function firstFreeId(name: CounterName): number {
    let id = firstFreeIds.get(name);
    if (id === undefined) {
      ({ id } = select.get(name) as { id: number });
      firstFreeIds.set(name, id);
    }
    return id;
  }

  return {
    firstFreeId,
    setFirstFreeId: (name, id) => {
      if (firstFreeId(name) === id) return;
      firstFreeIds.set(name, id);
      changed.add(name);
    },
    save: () => {
      for (const name of changed) update.run(firstFreeId(name), name);
      changed.clear();
    },
    reset: () => {
      firstFreeIds.clear();
      changed.clear();
    },
  };
}
