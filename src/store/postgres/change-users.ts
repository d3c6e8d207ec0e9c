import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Encoded } from '../../directory/encoded.js';
import { emailTaken } from '../../directory/errors.js';
import type { IdempotencyKey, UserChange } from '../../directory/store.js';
import { planUserChange, userEmailKey, type UserRow } from '../../directory/user-row.js';
import { lockUserCounter } from './counters.js';
import { intArray, type RunStatement } from './database.js';
import type { Outcome } from './group-commit.js';
import { findKeyed } from './idempotency-table.js';
import { findUsersById, toColumns } from './users-table.js';

/** A call of changeUser. */
export interface UserChangeWrite {
  readonly change: UserChange;
  readonly idempotencyKey: IdempotencyKey | undefined;
}

const FIND_OWNERS = {
  name: 'find_owners_of_emails',
  text: 'select email_key, id from users where email_key = any($1::text[])',
};

const REMOVE = {
  name: 'remove_users',
  text: 'delete from users where id = any($1::integer[])',
};

const FREE_EMAILS = {
  name: 'free_emails_of_users',
  text: `
    update users set email_key = null
    where id = any($1::integer[]) and email_key = any($2::text[])`,
};

const UPDATE = {
  name: 'update_users',
  text: `
    update users
    set verified = sent.verified, email_key = sent.email_key,
      message = substring($4::bytea from start for length)
    from unnest($1::integer[], $2::boolean[], $3::text[], $5::integer[], $6::integer[])
      as sent (id, verified, email_key, start, length)
    where users.id = sent.id`,
};

/**
 * Makes changes in one transaction, one after another; each sees those before it. A change that
 * fails has no effect on the others. The lock of the counter keeps all other writes of users away.
 */
export async function changeUserGroup(
  run: RunStatement,
  writes: readonly UserChangeWrite[],
  now: Date,
): Promise<Outcome<Encoded<UserRequest>>[]> {
  const keyed = await findKeyed(run, writes, now);
  await lockUserCounter(run);
  const changes = writes.map(({ change }) => change);
  const users = new Users(
    await findUsersById(run, [...new Set(changes.map(idOf))]),
    await findOwners(run, [...new Set(changes.flatMap((change) => emailKeyOf(change) ?? []))]),
  );
  const outcomes = writes.map(({ change, idempotencyKey }) =>
    keyed.outcomeOf(idempotencyKey, () => users.change(change)),
  );
  await users.write(run);
  await keyed.save();
  return outcomes;
}

function idOf(change: UserChange): number {
  return change.kind === 'update' ? change.user.id : change.id;
}

function emailKeyOf(change: UserChange): string | undefined {
  return change.kind === 'update' ? userEmailKey(change.user.email) : undefined;
}

async function findOwners(
  run: RunStatement,
  emailKeys: readonly string[],
): Promise<Map<string, number>> {
  if (emailKeys.length === 0) return new Map();
  return new Map((await run(FIND_OWNERS, [emailKeys])) as [string, number][]);
}

/** Users within a transaction: as stored, and as the changes so far leave them. */
class Users {
  readonly #stored: ReadonlyMap<number, Encoded<UserRequest>>;
  readonly #storedOwners: ReadonlyMap<string, number>;
  readonly #owners: Map<string, number>;
  /** Undefined for a user who is deleted. */
  readonly #changed = new Map<number, UserRow | undefined>();

  constructor(
    stored: ReadonlyMap<number, Encoded<UserRequest>>,
    owners: ReadonlyMap<string, number>,
  ) {
    this.#stored = stored;
    this.#storedOwners = owners;
    this.#owners = new Map(owners);
  }

  change(change: UserChange): Encoded<UserRequest> {
    const id = idOf(change);
    const plan = planUserChange(change, this.#find(id));
    switch (plan.kind) {
      case 'none':
        return plan.result;
      case 'put':
        this.#moveEmail(id, plan.row.emailKey);
        this.#changed.set(id, plan.row);
        return plan.row.message;
      case 'delete':
        this.#moveEmail(id, undefined);
        this.#changed.set(id, undefined);
        return plan.result;
    }
  }

  #find(id: number): Encoded<UserRequest> | undefined {
    return this.#changed.has(id) ? this.#changed.get(id)?.message : this.#stored.get(id);
  }

  #moveEmail(id: number, emailKey: string | undefined): void {
    const owner = emailKey === undefined ? undefined : this.#owners.get(emailKey);
    if (owner !== undefined && owner !== id) throw emailTaken();
    for (const [key, ownerId] of this.#owners) if (ownerId === id) this.#owners.delete(key);
    if (emailKey !== undefined) this.#owners.set(emailKey, id);
  }

  async write(run: RunStatement): Promise<void> {
    const removed = [...this.#changed.keys()].filter((id) => this.#changed.get(id) === undefined);
    if (removed.length > 0) await run(REMOVE, [intArray(removed)]);
    const rows = [...this.#changed.values()].filter((row) => row !== undefined);
    if (rows.length === 0) return;
    const passedOn = rows.flatMap(({ id, emailKey = '' }) => {
      const owner = this.#storedOwners.get(emailKey);
      return owner === undefined || owner === id ? [] : [{ owner, emailKey }];
    });
    if (passedOn.length > 0) {
      // A unique index is checked row by row, so the previous user must lose the email before.
      const owners = intArray(passedOn.map(({ owner }) => owner));
      await run(FREE_EMAILS, [owners, passedOn.map(({ emailKey }) => emailKey)]);
    }
    await run(UPDATE, toColumns(rows));
  }
}
