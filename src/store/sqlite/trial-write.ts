import type { Database } from './database.js';

/**
 * More than an ordinary write needs. A failed write leaves its space in the WAL allocated, and a
 * smaller one would succeed there although the disk is full.
 */
const TRIAL_BYTES = 256 * 1024;

/** Two writes that together change nothing: they succeed if the store can be written. */
export interface TrialWrite {
  insertTrial(): void;
  removeTrial(): void;
}

/** Prepares the statements. */
export function prepareTrialWrite(database: Database): TrialWrite {
  // As a result that has expired: if the process ends between the two, a later write deletes it.
  const insert = database.prepare(`
    insert or replace into idempotency_results (method, key, digest, result, created_at_ms)
    values ('', 'trial', '', zeroblob(${TRIAL_BYTES}), 0)`);
  const remove = database.prepare(`
    delete from idempotency_results where method = '' and key = 'trial'`);

  return {
    insertTrial: () => {
      insert.run();
    },
    removeTrial: () => {
      remove.run();
    },
  };
}
