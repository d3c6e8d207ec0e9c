import { expiredAtMs, resultOfRetry, type StoredResult } from '../../directory/idempotency.js';
import type { IdempotencyKey } from '../../directory/store.js';
import type { Database } from './database.js';

/** Expired results that a write deletes: more than it adds, so that they do not pile up. */
const DELETED_PER_WRITE = 8;

/** The statements on the results of writes with an idempotency key. */
export interface IdempotencyTable {
  /** The result of the write that had this key; undefined without one that has not expired. */
  find(key: IdempotencyKey, now: Date): Uint8Array | undefined;
  /**
   * Does `work` and stores its result under the key, or returns the result that is stored.
   * Must be called within the transaction that does the work.
   */
  runOnce(key: IdempotencyKey, now: Date, work: () => Uint8Array): Uint8Array;
}

/** Prepares the statements on results. */
export function prepareIdempotency(database: Database): IdempotencyTable {
  const select = database.prepare(`
    select digest, result from idempotency_results
    where method = ? and key = ? and created_at_ms > ?`);
  const deleteExpired = database.prepare(`
    delete from idempotency_results where id in (
      select id from idempotency_results where created_at_ms <= ? order by created_at_ms limit ?
    )`);
  const insert = database.prepare(`
    insert or replace into idempotency_results (method, key, digest, result, created_at_ms)
    values (?, ?, ?, ?, ?)`);

  function find(key: IdempotencyKey, now: Date): Uint8Array | undefined {
    const row = select.get(key.method, key.key, expiredAtMs(now)) as StoredResult | undefined;
    return row === undefined ? undefined : resultOfRetry(key, row);
  }

  return {
    find,
    runOnce: (key, now, work) => {
      const stored = find(key, now);
      if (stored !== undefined) return stored;
      const result = work();
      deleteExpired.run(expiredAtMs(now), DELETED_PER_WRITE);
      insert.run(key.method, key.key, key.digest, result, now.getTime());
      return result;
    },
  };
}
