import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Person, type AddressBook } from '../../gen/personguide/person_guide.js';
import { FIELD_1, fieldsOf, subMessages, type Encoded } from './encoded.js';
import { noPersonIdLeft } from './errors.js';
import { countOf, withoutIds, type FreeIds } from './free-ids.js';
import { keysOf, type PersonKeys } from './person-keys.js';

/** The fields of a person by which a stored one is read without decoding all of it. */
const FIELD = { adresses: 6, createTime: 8, firstLater: 10, labels: 13, emails: 15 } as const;

/** A person as a driver stores it: the message, and what the person is found by. */
export interface PersonRow extends PersonKeys {
  readonly id: number;
  readonly message: Encoded<Person>;
}

/** A row whose message is stored already, such as in another store. */
export interface StoredPersonRow extends PersonRow {
  readonly revision: number;
  /** Undefined for a person who is not deleted. */
  readonly deletedAtMs: number | undefined;
}

/** The etag of people who were written with that revision. */
export function etagOf(revision: number): string {
  return revision.toString(36);
}

/** The revision in which a stored person was written. */
export function revisionOf({ etag }: Person): number {
  return parseInt(etag, 36);
}

/** The row of a person whose message is stored already. */
export function storedPersonRow(message: Encoded<Person>): StoredPersonRow {
  const person = Person.decode(message);
  return {
    id: person.id,
    ...keysOf(person),
    message,
    revision: revisionOf(person),
    deletedAtMs: person.deleteTime?.getTime(),
  };
}

/** Which ids a recording names and how many it needs. */
export interface RecordingIds {
  /** The ids above 0 that the call names, each once. */
  readonly named: readonly number[];
  /** How many people need an id from the store. */
  readonly newPeople: number;
}

/** What a driver reads, within the transaction of the recording, before it is planned. */
export interface RecordingContext {
  readonly freeIds: FreeIds;
  /** The stored people of the ids that the call names, by id. */
  readonly stored: ReadonlyMap<number, Encoded<Person>>;
  /** The deleted people of the ids that the call names, by id. */
  readonly deleted: ReadonlyMap<number, Encoded<Person>>;
  /** The revision of this write. */
  readonly revision: number;
  /** Becomes the `last_updated` of all people of the call. */
  readonly now: Date;
}

/** What a recording writes. */
export interface RecordingPlan {
  /** Each id once. */
  readonly rows: readonly PersonRow[];
  /** What the call resolves with: the messages of the rows, in order. */
  readonly addressBook: Encoded<AddressBook>;
  /** What is left of them. */
  readonly freeIds: FreeIds;
}

/** Finds out which ids a recording concerns. */
export function idsOfRecording(people: readonly Person[]): RecordingIds {
  const named = new Set<number>();
  let newPeople = 0;
  for (const { id } of people) {
    if (id === 0) newPeople += 1;
    else named.add(id);
  }
  return { named: [...named], newPeople };
}

/**
 * Decides what a recording writes: each id once, by the last message of the id, at its place.
 * A person with id 0 gets the next free id, after those that the call itself names are in use.
 * A later field that a message does not have is taken from an earlier message of the same id in
 * the call, or else from the stored person. A deleted person keeps only the `create_time`.
 * Throws NO_ID_LEFT.
 */
export function planRecording(people: readonly Person[], context: RecordingContext): RecordingPlan {
  const ids = idsOfRecording(people);
  const freeIds = withoutIds(context.freeIds, ids.named);
  if (ids.newPeople > countOf(freeIds)) throw noPersonIdLeft();
  let nextId = freeIds.first;
  const named = new Map<number, Person>();
  const lastPlace = new Map<number, number>();
  for (const [place, person] of people.entries()) {
    const { id } = person;
    if (id === 0) continue;
    lastPlace.set(id, place);
    const before = named.get(id) ?? laterFields(context.stored.get(id), person);
    named.set(id, withLaterFields(person, before));
  }
  const recorded: Person[] = [];
  for (const [place, person] of people.entries()) {
    const { id } = person;
    if (id === 0) {
      recorded.push(toRecorded(person, nextId));
      nextId += 1;
    } else if (lastPlace.get(id) === place) {
      recorded.push(toRecorded(named.get(id) ?? person, id));
    }
  }
  return { ...encodeAll(recorded, context), freeIds: { first: nextId, end: freeIds.end } };
}

/**
 * The later fields of a stored person that the new message does not replace; undefined without any,
 * which is the most frequent case and is not decoded.
 */
function laterFields(stored: Encoded<Person> | undefined, by: Person): Person | undefined {
  if (stored === undefined) return undefined;
  const hasAdresses = by.adresses.length > 0;
  const fields = fieldsOf(
    stored,
    (field) => field >= FIELD.firstLater || (field === FIELD.adresses && !hasAdresses),
  );
  return fields.length === 0 ? undefined : Person.decode(fields);
}

/** The person, with the later fields that it does not have taken from `before`. */
function withLaterFields(person: Person, before: Person | undefined): Person {
  if (before === undefined) return person;
  return {
    ...person,
    adresses: person.adresses.length > 0 ? person.adresses : before.adresses,
    organization: person.organization || before.organization,
    title: person.title || before.title,
    note: person.note || before.note,
    labels: person.labels.length > 0 ? person.labels : before.labels,
    externalId: person.externalId || before.externalId,
    emails: person.emails.length > 0 ? person.emails : before.emails,
    birthday: person.birthday || before.birthday,
    vcardExtra: person.vcardExtra.length > 0 ? person.vcardExtra : before.vcardExtra,
  };
}

/** The person without the fields that the server sets. */
function toRecorded(person: Person, id: number): Person {
  return {
    ...person,
    id,
    etag: '',
    lastUpdated: undefined,
    createTime: undefined,
    deleteTime: undefined,
  };
}

/** A writer is used again, unless it is large: growing its buffer takes a tenth of a recording. */
const MAX_SPARE_BYTES = 4 * 1024 * 1024;
let spareWriter: BinaryWriter | undefined;

/** Encodes the address book once; the rows hold views of its bytes. */
function encodeAll(
  people: readonly Person[],
  { now, revision, stored, deleted }: RecordingContext,
): Pick<RecordingPlan, 'rows' | 'addressBook'> {
  const written = { lastUpdated: now, etag: etagOf(revision) };
  const ofReplaced = Person.encode(Person.fromPartial(written)).finish();
  const ofNew = Person.encode(Person.fromPartial({ ...written, createTime: now })).finish();
  const writer = spareWriter ?? new BinaryWriter();
  // After an error it would be in the middle of a message.
  spareWriter = undefined;
  for (const person of people) {
    const before = stored.get(person.id) ?? deleted.get(person.id);
    Person.encode(person, writer.uint32(FIELD_1).fork());
    if (before === undefined) writer.raw(ofNew);
    else writer.raw(fieldsOf(before, isCreateTime)).raw(ofReplaced);
    writer.join();
  }
  const addressBook = writer.finish();
  if (addressBook.length <= MAX_SPARE_BYTES) spareWriter = writer;
  return { rows: toRows(people, subMessages(addressBook, 1)), addressBook };
}

/** The rows of people who have everything that is stored. */
export function rowsOf(people: readonly Person[]): PersonRow[] {
  // One writer for all of them, because each has a buffer of its own.
  const writer = new BinaryWriter();
  for (const person of people) Person.encode(person, writer.uint32(FIELD_1).fork()).join();
  return toRows(people, subMessages(writer.finish(), 1));
}

function toRows(people: readonly Person[], messages: readonly Encoded<Person>[]): PersonRow[] {
  return people.map((person, index) => {
    const { email, addressKeys, labelKeys, furtherEmails, externalId } = keysOf(person);
    const message = messages[index] ?? new Uint8Array();
    return { id: person.id, email, addressKeys, labelKeys, furtherEmails, externalId, message };
  });
}

function isCreateTime(field: number): boolean {
  return field === FIELD.createTime;
}

/** How an index of people by a key changes. */
export interface IndexChanges {
  /** For each key the ids of people who now have it. */
  readonly added: ReadonlyMap<string, readonly number[]>;
  /** For each key the ids of people who no longer have it. */
  readonly removed: ReadonlyMap<string, readonly number[]>;
}

/** How the indexes of people change. */
export interface KeyChanges {
  readonly addresses: IndexChanges;
  readonly labels: IndexChanges;
  /** Without the first email of a person, which is a column. */
  readonly furtherEmails: IndexChanges;
  readonly externalIds: IndexChanges;
}

/**
 * Compares the keys of rows with those that the stored people, by id, had. The ids of each key are
 * in the order of the rows.
 */
export function keyChanges(
  rows: readonly PersonRow[],
  stored: ReadonlyMap<number, Encoded<Person>>,
): KeyChanges {
  const [addresses, labels, furtherEmails, externalIds] = [
    new ChangedIndex(),
    new ChangedIndex(),
    new ChangedIndex(),
    new ChangedIndex(),
  ];
  for (const row of rows) {
    const before = keysBefore(row, stored.get(row.id));
    if (before === row) continue;
    addresses.change(row.id, before.addressKeys, row.addressKeys);
    labels.change(row.id, before.labelKeys, row.labelKeys);
    furtherEmails.change(row.id, before.furtherEmails, row.furtherEmails);
    if (before.externalId !== row.externalId) {
      externalIds.change(row.id, externalIdsOf(before), externalIdsOf(row));
    }
  }
  return { addresses, labels, furtherEmails, externalIds };
}

/** The changes when people are removed. */
export function keysRemoved(rows: readonly PersonRow[]): KeyChanges {
  const { addresses, labels, furtherEmails, externalIds } = keyChanges(rows, new Map());
  const turned = ({ added, removed }: IndexChanges): IndexChanges => ({
    added: removed,
    removed: added,
  });
  return {
    addresses: turned(addresses),
    labels: turned(labels),
    furtherEmails: turned(furtherEmails),
    externalIds: turned(externalIds),
  };
}

const NO_KEYS = keysOf(Person.fromPartial({}));

/** The keys of the stored person; the row itself if they are the same, which is found out faster. */
function keysBefore(row: PersonRow, stored: Encoded<Person> | undefined): PersonKeys {
  if (stored === undefined) return NO_KEYS;
  const before = fieldsOf(stored, isKey);
  if (Buffer.compare(before, fieldsOf(row.message, isKey)) === 0) return row;
  return keysOf(Person.decode(before));
}

function isKey(field: number): boolean {
  return field === FIELD.adresses || (field >= FIELD.labels && field <= FIELD.emails);
}

function externalIdsOf({ externalId }: PersonKeys): readonly string[] {
  return externalId === undefined ? [] : [externalId];
}

class ChangedIndex implements IndexChanges {
  readonly added = new Map<string, number[]>();
  readonly removed = new Map<string, number[]>();

  change(id: number, before: readonly string[], after: readonly string[]): void {
    if (before.length + after.length === 0) return;
    for (const key of before) if (!after.includes(key)) addTo(this.removed, key, id);
    for (const key of after) if (!before.includes(key)) addTo(this.added, key, id);
  }
}

function addTo(idsByKey: Map<string, number[]>, key: string, id: number): void {
  const ids = idsByKey.get(key);
  if (ids === undefined) idsByKey.set(key, [id]);
  else ids.push(id);
}
