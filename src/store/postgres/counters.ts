import type { RunStatement } from './database.js';

/** A kind of record that has ids of its own. */
export type CounterName = 'people' | 'users';

const LOCK = {
  name: 'lock_counter',
  text: 'select first_free_id from counters where name = $1 for update',
};

const RAISE = {
  name: 'raise_counter',
  text: 'update counters set first_free_id = $2 where name = $1 and first_free_id < $2',
};

/**
 * Reads the first free id of that kind, and locks the counter until the end of the transaction:
 * ids are assigned in the order of the commits, on all servers. Call it as late as possible.
 */
export async function lockCounter(run: RunStatement, name: CounterName): Promise<number> {
  const [row] = await run(LOCK, [name]);
  return Number(row?.[0]);
}

/** Makes this id the first free one, unless that is larger already. */
export async function raiseCounter(
  run: RunStatement,
  name: CounterName,
  firstFreeId: number,
): Promise<void> {
  await run(RAISE, [name, firstFreeId]);
}
