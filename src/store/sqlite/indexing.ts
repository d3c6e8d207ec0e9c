import type { Counters } from './counters.js';
import type { Database } from './database.js';
import { rollBack } from './group-commit.js';
import type { SearchIndex } from './search-index.js';

/** A slice of indexing keeps writes waiting for about this long... */
const SLICE_MS = 6;

/** ...and is of so many people. */
const MIN_SLICE = 32;
const MAX_SLICE = 2_000;

/** Indexes a few of the people who have changed; returns whether nothing is left to do. */
export type IndexSlice = () => boolean;

/** Prepares indexing in slices, each in a transaction, which `begin` begins. */
export function prepareIndexing(
  database: Database,
  counters: Counters,
  index: SearchIndex,
  begin: () => void,
): IndexSlice {
  let slice = MIN_SLICE;
  return () => {
    const started = process.cpuUsage();
    const people = inIndexTransaction(database, index, begin, () =>
      index.update(slice, counters.get('revision')),
    );
    const done = people < slice;
    // Not by the clock: on a machine with other work to do, ever smaller slices would take ever more
    // transactions.
    const { user, system } = process.cpuUsage(started);
    const share = (1000 * SLICE_MS) / (user + system);
    // A slice of few people says little about one of many.
    if (!done || share < 1) slice = Math.ceil(slice * Math.min(2, Math.max(0.5, share)));
    slice = Math.min(Math.max(slice, MIN_SLICE), MAX_SLICE);
    return done;
  };
}

/** Sets the country of numbers without one; if it is another, everyone is indexed again. */
export function setDefaultCountry(
  database: Database,
  index: SearchIndex,
  begin: () => void,
  country: string,
): void {
  if (country === index.state().defaultCountry) return;
  inIndexTransaction(database, index, begin, () => {
    index.setDefaultCountry(country);
  });
}

function inIndexTransaction<T>(
  database: Database,
  index: SearchIndex,
  begin: () => void,
  work: () => T,
): T {
  // What is lost in a power loss is indexed again, so it need not wait for the disk. A later commit
  // of people writes all of the log that precedes it to the disk.
  database.exec('pragma synchronous = normal');
  try {
    begin();
    const result = work();
    database.exec('commit');
    return result;
  } catch (error) {
    rollBack(database);
    index.reset();
    throw error;
  } finally {
    database.exec('pragma synchronous = full');
  }
}
