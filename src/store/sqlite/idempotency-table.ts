import { expiredAtMs, keptForRetry } from '../../directory/idempotency.js';
import { fromKept, keptIds, toKept, type KeptAs } from '../../directory/kept-result.js';
import type { IdempotencyKey } from '../../directory/store.js';
import type { Database } from './database.js';
import type { DeletedPeopleTable } from './deleted-people-table.js';
import type { PeopleTable } from './people-table.js';

/** Expired results that a write deletes: more than it adds, so that they do not pile up. */
const DELETED_PER_WRITE = 8;

/** The statements on the results of writes with an idempotency key. */
export interface IdempotencyTable {
  /** What a retry with this key gets; undefined without a write that has not expired. */
  find(key: IdempotencyKey, now: Date): Uint8Array | undefined;
  /**
   * Does `work` and keeps its result under the key, or returns what a retry gets.
   * Must be called within the transaction that does the work.
   */
  runOnce(key: IdempotencyKey, now: Date, work: () => Uint8Array, keptAs?: KeptAs): Uint8Array;
}

/** Where the people of a result are. */
export interface RecordedPeople {
  readonly people: PeopleTable;
  readonly deletedPeople: DeletedPeopleTable;
}

interface Row {
  readonly digest: string;
  readonly keptAs: KeptAs;
  readonly bytes: Uint8Array;
}

/** Prepares the statements on results. */
export function prepareIdempotency(
  database: Database,
  { people, deletedPeople }: RecordedPeople,
): IdempotencyTable {
  const select = database.prepare(`
    select digest, kept_as as keptAs, result as bytes from idempotency_results
    where method = ? and key = ? and created_at_ms > ?`);
  const deleteExpired = database.prepare(`
    delete from idempotency_results where id in (
      select id from idempotency_results where created_at_ms <= ? order by created_at_ms limit ?
    )`);
  const insert = database.prepare(`
    insert or replace into idempotency_results
      (method, key, digest, kept_as, result, created_at_ms)
    values (?, ?, ?, ?, ?, ?)`);

  function find(key: IdempotencyKey, now: Date): Uint8Array | undefined {
    const row = select.get(key.method, key.key, expiredAtMs(now)) as Row | undefined;
    if (row === undefined) return undefined;
    const { digest, keptAs, bytes } = row;
    const kept = keptForRetry(key, { digest, result: { keptAs, bytes } });
    const ids = keptIds(kept);
    const [live, deleted] = [people.findByIds(ids), deletedPeople.find(ids)];
    return fromKept(kept, (id) => live.get(id) ?? deleted.get(id));
  }

  return {
    find,
    runOnce: (key, now, work, keptAs = 'message') => {
      const found = find(key, now);
      if (found !== undefined) return found;
      const result = work();
      const kept = toKept(keptAs, result);
      deleteExpired.run(expiredAtMs(now), DELETED_PER_WRITE);
      insert.run(key.method, key.key, key.digest, kept.keptAs, kept.bytes, now.getTime());
      return result;
    },
  };
}
