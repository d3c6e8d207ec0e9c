import { Person } from '../../gen/personguide/person_guide.js';
import type { Encoded } from './encoded.js';
import {
  etagMismatch,
  externalIdTaken,
  noPersonIdLeft,
  personExists,
  personNotDeleted,
  personNotFound,
} from './errors.js';
import { countOf, withoutIds, type FreeIds } from './free-ids.js';
import type { PersonField } from './person-fields.js';
import { keysOf } from './person-keys.js';
import { etagOf, type PersonRow } from './person-row.js';
import type { PersonChange } from './store.js';
import { checkPerson } from './validation.js';

/** What a driver reads, within the transaction of the change, before it is planned. */
export interface ChangeContext {
  /** The stored person of the id of the change. */
  readonly live: Encoded<Person> | undefined;
  /** The deleted person of that id. */
  readonly deleted: Encoded<Person> | undefined;
  /** Who has the external id that the person will have (see externalIdAfter), if anyone. */
  readonly externalIdOwner: number | undefined;
  readonly freeIds: FreeIds;
  /** The revision of this write. */
  readonly revision: number;
  readonly now: Date;
}

/** What a change writes. The call resolves with the message of the row, or with `result`. */
export type ChangePlan =
  | { readonly kind: 'none'; readonly result: Encoded<Person> }
  | {
      /** Insert the row, or replace the one that is there; a deleted person of the id goes. */
      readonly kind: 'put';
      readonly row: PersonRow;
      /** What is left of the free ids. */
      readonly freeIds: FreeIds;
    }
  /** Remove the person, and keep the row among the deleted ones. */
  | { readonly kind: 'delete'; readonly row: PersonRow };

/** The id that the change names; 0 for a new person who needs one. */
export function idOfChange(change: PersonChange): number {
  return 'person' in change ? change.person.id : change.id;
}

/** The external id that the person of a change will have; empty for none, or if it stays as it is. */
export function externalIdAfter(
  change: PersonChange,
  deleted: Encoded<Person> | undefined,
): string {
  switch (change.kind) {
    case 'create':
      return change.person.externalId;
    case 'update':
      return change.fields.includes('externalId') ? change.person.externalId : '';
    case 'undelete':
      return deleted === undefined ? '' : Person.decode(deleted).externalId;
    case 'delete':
      return '';
  }
}

/**
 * Decides what a change writes. Throws PERSON_NOT_FOUND, PERSON_EXISTS, PERSON_NOT_DELETED,
 * EXTERNAL_ID_TAKEN, ETAG_MISMATCH, NO_ID_LEFT, and `invalid` if the person would be.
 */
export function planChange(change: PersonChange, context: ChangeContext): ChangePlan {
  switch (change.kind) {
    case 'create':
      return planCreate(change.person, context);
    case 'update':
      return planUpdate(change, context);
    case 'delete':
      return planDelete(change, context);
    case 'undelete':
      return planUndelete(context);
  }
}

function planCreate(person: Person, context: ChangeContext): ChangePlan {
  if (context.live !== undefined || context.deleted !== undefined) throw personExists();
  if (person.id <= 0 && countOf(context.freeIds) === 0) throw noPersonIdLeft();
  const id = person.id > 0 ? person.id : context.freeIds.first;
  return put({ ...person, id, createTime: context.now, deleteTime: undefined }, context);
}

function planUpdate(
  change: Extract<PersonChange, { kind: 'update' }>,
  context: ChangeContext,
): ChangePlan {
  const { person, fields, etag, allowMissing } = change;
  if (context.live === undefined) {
    if (!allowMissing || etag !== '') throw personNotFound('id');
    const created = withFields(Person.fromPartial({ id: person.id }), person, fields);
    checkPerson(created, 'person.');
    return planCreate(created, context);
  }
  const stored = Person.decode(context.live);
  requireEtag(stored, etag);
  const changed = withFields(stored, person, fields);
  if (isSame(stored, changed)) return { kind: 'none', result: context.live };
  checkPerson(changed, 'person.');
  return put(changed, context);
}

function planDelete(
  { etag, allowMissing }: Extract<PersonChange, { kind: 'delete' }>,
  { live, revision, now }: ChangeContext,
): ChangePlan {
  if (live === undefined) {
    if (allowMissing) return { kind: 'none', result: new Uint8Array() };
    throw personNotFound('id');
  }
  const stored = Person.decode(live);
  requireEtag(stored, etag);
  return { kind: 'delete', row: toRow({ ...stored, etag: etagOf(revision), deleteTime: now }) };
}

function planUndelete(context: ChangeContext): ChangePlan {
  if (context.live !== undefined) throw personNotDeleted();
  if (context.deleted === undefined) throw personNotFound('id');
  const person = { ...Person.decode(context.deleted), deleteTime: undefined };
  requireFreeExternalId(person, context);
  const row = toRow({ ...person, etag: etagOf(context.revision) });
  return { kind: 'put', row, freeIds: context.freeIds };
}

/** The person with the given fields of another one. */
export function withFields(person: Person, source: Person, fields: readonly PersonField[]): Person {
  const taken = Object.fromEntries(fields.map((field) => [field, source[field]]));
  return { ...person, ...(taken as Partial<Person>) };
}

/** Whether two people are equal in all fields. */
export function isSame(one: Person, other: Person): boolean {
  return Buffer.compare(Person.encode(one).finish(), Person.encode(other).finish()) === 0;
}

function put(person: Person, context: ChangeContext): ChangePlan {
  requireFreeExternalId(person, context);
  const etag = etagOf(context.revision);
  return {
    kind: 'put',
    row: toRow({ ...person, etag, lastUpdated: context.now }),
    freeIds: withoutIds(context.freeIds, [person.id]),
  };
}

function requireFreeExternalId({ id }: Person, { externalIdOwner }: ChangeContext): void {
  if (externalIdOwner !== undefined && externalIdOwner !== id) throw externalIdTaken();
}

function requireEtag(stored: Person, etag: string): void {
  if (etag !== '' && etag !== stored.etag) throw etagMismatch('person', stored.etag);
}

function toRow(person: Person): PersonRow {
  return { id: person.id, ...keysOf(person), message: Person.encode(person).finish() };
}
