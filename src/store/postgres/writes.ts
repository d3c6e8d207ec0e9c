import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { AddressBook, Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type { IdempotencyKey, ImportBatch, ImportOutcome } from '../../directory/store.js';
import { changeGroup, type PersonWrite } from './change-people.js';
import { changeUserGroup, type UserChangeWrite } from './change-users.js';
import type { Database, RunStatement } from './database.js';
import { createGroupCommit, type GroupCommit, type Outcome } from './group-commit.js';
import { importBatch } from './import-people.js';
import { recordGroup, type PeopleWrite } from './record-people.js';
import { addGroup, type UserWrite } from './users-table.js';

/** The groups of writes of a store, one for each kind. */
export interface Writes {
  readonly recordings: GroupCommit<PeopleWrite, Encoded<AddressBook>>;
  readonly personChanges: GroupCommit<PersonWrite, Encoded<Person>>;
  readonly imports: GroupCommit<ImportBatch, ImportOutcome>;
  readonly additions: GroupCommit<UserWrite, Encoded<UserRequest>>;
  readonly userChanges: GroupCommit<UserChangeWrite, Encoded<UserRequest>>;
  /** Resolves when no write is pending. */
  idle(): Promise<void>;
}

/** People in one transaction; a larger recording has one of its own. */
const MAX_PEOPLE_PER_GROUP = 10_000;

/** Changes of one person, or of one user, in one transaction. */
const MAX_CHANGES_PER_GROUP = 1_000;

/** Prepares the writes. */
export function createWrites(database: Database, now: () => Date): Writes {
  function group<W extends { readonly idempotencyKey: IdempotencyKey | undefined }, R>(
    runGroup: (run: RunStatement, writes: readonly W[], now: Date) => Promise<Outcome<R>[]>,
    sizeOf: (write: W) => number = () => 1,
    maxSize = MAX_CHANGES_PER_GROUP,
  ): GroupCommit<W, R> {
    return createGroupCommit<W, R>({
      run: (writes) => database.transaction((run) => runGroup(run, writes, now()), writes.length),
      isRepeatable: ({ idempotencyKey }) => idempotencyKey !== undefined,
      ...{ sizeOf, maxSize },
    });
  }

  const groups = {
    recordings: group(recordGroup, ({ people }) => people.length, MAX_PEOPLE_PER_GROUP),
    personChanges: group(changeGroup),
    additions: group(addGroup),
    userChanges: group(changeUserGroup),
    // One after another, each in a transaction of its own: together they would take all connections
    // of the pool, only to wait for the same lock.
    imports: createGroupCommit<ImportBatch, ImportOutcome>({
      run: (batches) => Promise.all(batches.map(importOne)),
      isRepeatable: () => false,
      sizeOf: () => 1,
      maxSize: 1,
    }),
  };

  async function importOne(batch: ImportBatch): Promise<Outcome<ImportOutcome>> {
    return { result: await database.transaction((run) => importBatch(run, batch, now()), 1) };
  }

  return {
    ...groups,
    idle: async () => {
      await Promise.all(Object.values(groups).map((each) => each.idle()));
    },
  };
}
