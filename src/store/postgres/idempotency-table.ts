import { expiredAtMs, keptForRetry, type StoredResult } from '../../directory/idempotency.js';
import { fromKept, keptIds, toKept, type KeptAs } from '../../directory/kept-result.js';
import type { IdempotencyKey, KeptMessage } from '../../directory/store.js';
import type { RunStatement } from './database.js';
import { ConcurrentChangeError } from './errors.js';
import type { Outcome } from './group-commit.js';
import { packParameter } from './packed-parameter.js';
import { findPeople } from './people-writer.js';

/** Expired results that a group of writes deletes beyond those that it adds. */
const DELETED_PER_GROUP = 8;

const FIND = {
  name: 'find_results',
  text: `
    select method, key, digest, kept_as, result
    from idempotency_results
    join unnest($1::text[], $2::text[]) as wanted (method, key) using (method, key)
    where created_at_ms > $3`,
};

const PUT = {
  name: 'put_results',
  text: `
    insert into idempotency_results (method, key, digest, kept_as, result, created_at_ms)
    select method, key, digest, kept_as, substring($4::bytea from start for length), $7
    from unnest($1::text[], $2::text[], $3::text[], $5::integer[], $6::integer[], $9::text[])
      as sent (method, key, digest, start, length, kept_as)
    order by method, key
    on conflict (method, key) do update
      set digest = excluded.digest, kept_as = excluded.kept_as, result = excluded.result,
        created_at_ms = excluded.created_at_ms
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

/** What is kept, by `nameOf` the key, and the people whom it names. */
export interface Results {
  readonly kept: ReadonlyMap<string, StoredResult>;
  readonly people: ReadonlyMap<number, Uint8Array>;
}

const NO_RESULTS: Results = { kept: new Map(), people: new Map() };

/** What a result is found by in Results. */
function nameOf({ method, key }: Pick<IdempotencyKey, 'method' | 'key'>): string {
  return `${method} ${key}`;
}

/** Finds what was kept for those keys and has not expired. */
export async function findResults(
  run: RunStatement,
  keys: readonly IdempotencyKey[],
  now: Date,
): Promise<Results> {
  if (keys.length === 0) return NO_RESULTS;
  const methods = keys.map(({ method }) => method);
  const names = keys.map(({ key }) => key);
  const rows = await run(FIND, [methods, names, expiredAtMs(now)]);
  if (rows.length === 0) return NO_RESULTS;
  const kept = new Map(
    rows.map((row) => {
      const [method, key, digest, keptAs, bytes] = row as [string, string, string, KeptAs, Buffer];
      return [nameOf({ method, key }), { digest, result: { keptAs, bytes } }];
    }),
  );
  const ids = new Set([...kept.values()].flatMap(({ result }) => keptIds(result)));
  const { live, deleted } = await findPeople(run, [...ids]);
  return { kept, people: new Map([...deleted, ...live]) };
}

/** What a retry with this key gets; undefined if the key is new. */
export function resultFor(results: Results, key: IdempotencyKey): Uint8Array | undefined {
  const stored = results.kept.get(nameOf(key));
  if (stored === undefined) return undefined;
  return fromKept(keptForRetry(key, stored), (id) => results.people.get(id));
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
  readonly #results: Results;
  /** The results of this transaction. */
  readonly #new = new Map<string, StoredResult>();
  readonly #added: (readonly [IdempotencyKey, KeptMessage])[] = [];

  constructor(run: RunStatement, now: Date, results: Results) {
    this.#run = run;
    this.#now = now;
    this.#results = results;
  }

  /** Does a write, unless its key is known. What it throws is its outcome. */
  outcomeOf<R extends Uint8Array>(
    key: IdempotencyKey | undefined,
    write: () => R,
    keptAs: KeptAs = 'message',
  ): Outcome<R | Uint8Array> {
    try {
      const known = key && this.#known(key);
      if (known !== undefined) return { result: known };
      const result = write();
      if (key !== undefined) {
        const kept: KeptMessage = { keptAs: 'message', bytes: result };
        this.#new.set(nameOf(key), { digest: key.digest, result: kept });
        this.#added.push([key, toKept(keptAs, result)]);
      }
      return { result };
    } catch (error) {
      return { error };
    }
  }

  #known(key: IdempotencyKey): Uint8Array | undefined {
    const known = this.#new.get(nameOf(key));
    return known === undefined ? resultFor(this.#results, key) : keptForRetry(key, known).bytes;
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
  results: readonly (readonly [IdempotencyKey, KeptMessage])[],
  now: Date,
): Promise<void> {
  if (results.length === 0) return;
  const put = await run(PUT, [
    results.map(([{ method }]) => method),
    results.map(([{ key }]) => key),
    results.map(([{ digest }]) => digest),
    ...packParameter(results.map(([, { bytes }]) => bytes)),
    ...[now.getTime(), expiredAtMs(now)],
    results.map(([, { keptAs }]) => keptAs),
  ]);
  if (put.length < results.length) throw new ConcurrentChangeError();
  await run(DELETE_EXPIRED, [expiredAtMs(now), results.length + DELETED_PER_GROUP]);
}
