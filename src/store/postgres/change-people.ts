import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { externalIdAfter, idOfChange, planChange } from '../../directory/person-change.js';
import type { IdempotencyKey, PersonChange } from '../../directory/store.js';
import { lockPeopleCounters, savePurgedRevision } from './counters.js';
import type { Database, RunStatement } from './database.js';
import { hasDeletedBefore, purge } from './deleted-people-table.js';
import type { Outcome } from './group-commit.js';
import { findKeyed } from './idempotency-table.js';
import { lockPeople, type PeopleWriter } from './people-writer.js';

/** A call of changePerson. */
export interface PersonWrite {
  readonly change: PersonChange;
  readonly idempotencyKey: IdempotencyKey | undefined;
}

/**
 * Makes changes in one transaction, one after another; each has a revision of its own, and sees
 * those before it. A change that fails has no effect on the others.
 */
export async function changeGroup(
  run: RunStatement,
  writes: readonly PersonWrite[],
  now: Date,
): Promise<Outcome<Encoded<Person>>[]> {
  const keyed = await findKeyed(run, writes, now);
  const writer = await lockPeople(run, now);
  const changes = writes.map(({ change }) => change);
  await writer.load([...new Set(changes.map(idOfChange))]);
  const externalIds = changes.map((change) => externalIdOf(change, writer));
  await writer.loadOwners([...new Set(externalIds)].filter((externalId) => externalId !== ''));
  const outcomes: Outcome<Encoded<Person>>[] = [];
  for (const { change, idempotencyKey } of writes) {
    await writer.requireFreeIds([], idOfChange(change) === 0 ? 1 : 0);
    outcomes.push(keyed.outcomeOf(idempotencyKey, () => makeChange(writer, change)));
  }
  await writer.write();
  await keyed.save();
  return outcomes;
}

function makeChange(writer: PeopleWriter, change: PersonChange): Encoded<Person> {
  const id = idOfChange(change);
  const { freeIds, nextRevision: revision, now } = writer;
  const plan = planChange(change, {
    live: writer.live.get(id),
    deleted: writer.deleted.get(id),
    externalIdOwner: writer.ownerOf(externalIdOf(change, writer)),
    ...{ freeIds, revision, now },
  });
  switch (plan.kind) {
    case 'none':
      return plan.result;
    case 'put':
      writer.put([plan.row], plan.freeIds);
      return plan.row.message;
    case 'delete':
      writer.delete(plan.row);
      return plan.row.message;
  }
}

function externalIdOf(change: PersonChange, writer: PeopleWriter): string {
  return externalIdAfter(change, writer.deleted.get(idOfChange(change)));
}

/** Removes people for good; see PeopleChangeStore. */
export async function purgeDeleted(
  database: Database,
  before: Date,
  limit: number,
): Promise<number> {
  // Most sweeps find no one, and need no lock for that.
  if (!(await hasDeletedBefore(database.read, before))) return 0;
  return database.transaction(async (run) => {
    const { purgedRevision } = await lockPeopleCounters(run);
    const { people, revision } = await purge(run, before, limit);
    if (revision > purgedRevision) await savePurgedRevision(run, revision);
    return people;
  }, 1);
}
