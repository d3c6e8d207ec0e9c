import type { AddressBook, Person } from '../../../gen/personguide/person_guide.js';
import { fieldsOf, type Encoded } from '../../directory/encoded.js';
import { keysOfEncoded } from '../../directory/person-keys.js';
import { idsOfRecording, planRecording, toRow } from '../../directory/person-row.js';
import type { IdempotencyKey } from '../../directory/store.js';
import type { RunStatement } from './database.js';
import type { Outcome } from './group-commit.js';
import { findKeyed } from './idempotency-table.js';
import { lockPeople, type PeopleWriter } from './people-writer.js';

const EXTERNAL_ID_FIELD = 14;

/** A call of recordPeople. */
export interface PeopleWrite {
  readonly people: readonly Encoded<Person>[];
  readonly idempotencyKey: IdempotencyKey | undefined;
}

/**
 * Does recordings in one transaction, one after another; each has a revision of its own, and sees
 * the people of those before it. A recording that fails by itself has no effect on the others.
 */
export async function recordGroup(
  run: RunStatement,
  writes: readonly PeopleWrite[],
  now: Date,
): Promise<Outcome<Encoded<AddressBook>>[]> {
  const keyed = await findKeyed(run, writes, now);
  const writer = await lockPeople(run, now);
  const everyone = writes.flatMap(({ people }) => people);
  await writer.load(idsOfRecording(everyone).named);
  await writer.loadOwners(externalIdsOf(everyone));
  const outcomes: Outcome<Encoded<AddressBook>>[] = [];
  for (const { people, idempotencyKey } of writes) {
    const { named, newPeople } = idsOfRecording(people);
    await writer.requireFreeIds(named, newPeople);
    outcomes.push(keyed.outcomeOf(idempotencyKey, () => record(writer, people), 'people'));
  }
  await writer.write();
  await keyed.save();
  return outcomes;
}

function record(writer: PeopleWriter, people: readonly Encoded<Person>[]): Encoded<AddressBook> {
  const { written, addressBook, freeIds } = planRecording(people, {
    freeIds: writer.freeIds,
    stored: writer.live,
    deleted: writer.deleted,
    revision: writer.nextRevision,
    now: writer.now,
  });
  if (written.length > 0) writer.put(written.map(toRow), freeIds);
  return addressBook;
}

/** The external ids that people have, each once. */
function externalIdsOf(people: readonly Encoded<Person>[]): string[] {
  const externalIds = new Set<string>();
  for (const person of people) {
    const { externalId } = keysOfEncoded(fieldsOf(person, isExternalId));
    if (externalId !== undefined) externalIds.add(externalId);
  }
  return [...externalIds];
}

function isExternalId(field: number): boolean {
  return field === EXTERNAL_ID_FIELD;
}
