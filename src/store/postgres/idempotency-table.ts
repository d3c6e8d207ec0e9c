import { expiredAtMs, resultOfRetry, type StoredResult } from '../../directory/idempotency.js';
import type { IdempotencyKey } from '../../directory/store.js';
import type { RunStatement } from './database.js';
import { ConcurrentChangeError } from './errors.js';
import type { Outcome } from './group-commit.js';
import { packParameter } from './packed-parameter.js';

/** Expired results that a group of writes deletes beyond those that it adds. */
const DELETED_PER_GROUP = 8;

const FIND = {
  name: 'find_results',
  text: `
    select method, key, digest, result
    from idempotency_results
    join unnest($1::text[], $2::text[]) as wanted (method, key) using (method, key)
    where created_at_ms > $3`,
};

const PUT = {
  name: 'put_results',
  text: `
    insert into idempotency_results (method, key, digest, result, created_at_ms)
    select method, key, digest, substring($4::bytea from start for length), $7
    from unnest($1::text[], $2::text[], $3::text[], $5::integer[], $6::integer[])
      as sent (method, key, digest, start, length)
    order by method, key
    on conflict (method, key) do update
      set digest = excluded.digest, result = excluded.result, created_at_ms = excluded.created_at_ms
      where idempotency_results.created_at_ms <= $8
    returning 1`,
};

const DELETE_EXPIRED = {
  name: 'delete_expired_results',
  text: `
    delete from idempotency_results where (method, key) in (
      select method, key from idempotency_results
      where created_at_ms <= $1 order by created_at_ms limit $2
      for update skip locked
    )`,
};

/** Results by `nameOf` their key. */
export type Results = ReadonlyMap<string, StoredResult>;

/** What a result is found by in Results. */
function nameOf({ method, key }: IdempotencyKey): string {
  return `${method} ${key}`;
}

/** Finds the results of those keys that have not expired. */
export async function findResults(
  run: RunStatement,
  keys: readonly IdempotencyKey[],
  now: Date,
): Promise<Results> {
  if (keys.length === 0) return new Map();
  const methods = keys.map(({ method }) => method);
  const names = keys.map(({ key }) => key);
  const rows = await run(FIND, [methods, names, expiredAtMs(now)]);
  return new Map(
    rows.map((row) => {
      const [method, key, digest, result] = row as [string, string, string, Uint8Array];
      return [`${method} ${key}`, { digest, result }];
    }),
  );
}

/** The result of a retry with this key; undefined if the key is new. */
export function resultFor(results: Results, key: IdempotencyKey): Uint8Array | undefined {
  const stored = results.get(nameOf(key));
  return stored === undefined ? undefined : resultOfRetry(key, stored);
}

/** Finds the results of earlier writes with the same keys. */
export async function findKeyed(
  run: RunStatement,
  writes: readonly { readonly idempotencyKey: IdempotencyKey | undefined }[],
  now: Date,
): Promise<KeyedWrites> {
  const keys = writes.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
  return new KeyedWrites(run, now, await findResults(run, keys, now));
}

/** The writes of one transaction, each of which is done once per idempotency key. */
class KeyedWrites {
  readonly #run: RunStatement;
  readonly #now: Date;
  readonly #results: Map<string, StoredResult>;
  readonly #added: (readonly [IdempotencyKey, Uint8Array])[] = [];

  constructor(run: RunStatement, now: Date, results: Results) {
    this.#run = run;
    this.#now = now;
    this.#results = new Map(results);
  }

  /** Does a write, unless its key is known. What it throws is its outcome. */
  outcomeOf<R extends Uint8Array>(
    key: IdempotencyKey | undefined,
    write: () => R,
  ): Outcome<R | Uint8Array> {
    try {
      const known = key && resultFor(this.#results, key);
      if (known !== undefined) return { result: known };
      const result = write();
      if (key !== undefined) {
        this.#results.set(nameOf(key), { digest: key.digest, result });
        this.#added.push([key, result]);
      }
      return { result };
    } catch (error) {
      return { error };
    }
  }

  /** Stores the new results, within the transaction. */
  async save(): Promise<void> {
    await putResults(this.#run, this.#added, this.#now);
  }
}

/**
 * Stores results, within the transaction of their writes. Throws ConcurrentChangeError if another
 * server has done a write with the same key meanwhile.
 */
async function putResults(
  run: RunStatement,
  results: readonly (readonly [IdempotencyKey, Uint8Array])[],
  now: Date,
): Promise<void> {
  if (results.length === 0) return;
  const put = await run(PUT, [
    results.map(([{ method }]) => method),
    results.map(([{ key }]) => key),
    results.map(([{ digest }]) => digest),
    ...packParameter(results.map(([, result]) => result)),
    ...[now.getTime(), expiredAtMs(now)],
  ]);
  if (put.length < results.length) throw new ConcurrentChangeError();
  await run(DELETE_EXPIRED, [expiredAtMs(now), results.length + DELETED_PER_GROUP]);
}
