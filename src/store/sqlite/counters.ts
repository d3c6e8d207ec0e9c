import type { Database } from './database.js';

/** What is counted. */
export type CounterName =
  /** The ids of people that are free: from the first on, below the end. */
  | 'first_free_person_id'
  | 'end_of_free_person_ids'
  /** An id such that it and all above it were never assigned. */
  | 'first_free_user_id'
  /** The number of people who are not deleted. */
  | 'people'
  /** The revision of the last write of people. */
  | 'revision'
  /** The highest revision of the deleted people who were purged. */
  | 'purged_revision';

/**
 * The counters of a store. They are kept in memory, because no other process writes to the file,
 * and written once per transaction: an update per user would cost 1 us.
 */
export interface Counters {
  get(name: CounterName): number;
  /** Call it when everything else of the write is done: what it sets stays if the write fails. */
  set(name: CounterName, value: number): void;
  /** Writes the changed counters; the last statement of a transaction. */
  save(): void;
  /** Goes back to the stored counters, after a transaction was rolled back. */
  reset(): void;
}

/** Prepares the statements on counters. */
export function prepareCounters(database: Database): Counters {
  const select = database.prepare('select value from counters where name = ?');
  const update = database.prepare('update counters set value = ? where name = ?');
  const values = new Map<CounterName, number>();
  const changed = new Set<CounterName>();

  function get(name: CounterName): number {
    let value = values.get(name);
    if (value === undefined) {
      ({ value } = select.get(name) as { value: number });
      values.set(name, value);
    }
    return value;
  }

  return {
    get,
    set: (name, value) => {
      if (get(name) === value) return;
      values.set(name, value);
      changed.add(name);
    },
    save: () => {
      for (const name of changed) update.run(get(name), name);
      changed.clear();
    },
    reset: () => {
      values.clear();
      changed.clear();
    },
  };
}
