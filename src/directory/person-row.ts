import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Person, type AddressBook } from '../../gen/personguide/person_guide.js';
import {
  asBuffer,
  FIELD_1,
  Fields,
  fieldsOf,
  MessageBuilder,
  subMessages,
  varintBytes,
  type Encoded,
} from './encoded.js';
import { noPersonIdLeft } from './errors.js';
import { countOf, withoutIds, type FreeIds } from './free-ids.js';
import { keysOf, keysOfEncoded, type PersonKeys } from './person-keys.js';
import { idOfPerson } from './written-ids.js';

/** The fields of a person by which a stored one is read without decoding all of it. */
const FIELD = {
  ...{ name: 1, id: 2, adresses: 6, createTime: 8 },
  ...{ firstLater: 10, labels: 13, emails: 15 },
} as const;

const NO_BYTES = new Uint8Array();

/** A person with the message that is stored. */
export interface PersonMessage {
  readonly id: number;
  readonly message: Encoded<Person>;
}

/** A person as a driver stores it: the message, and what the person is found by. */
export interface PersonRow extends PersonMessage, PersonKeys {}

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
  /** Each id once; `toRow` makes a row of each. The keys of many people take much memory. */
  readonly written: readonly PersonMessage[];
  /** What the call resolves with: these messages, in order. */
  readonly addressBook: Encoded<AddressBook>;
  /** What is left of them. */
  readonly freeIds: FreeIds;
}

/** Finds out which ids a recording concerns. */
export function idsOfRecording(people: readonly Encoded<Person>[]): RecordingIds {
  const named = new Set<number>();
  let newPeople = 0;
  for (const person of people) {
    const id = idOfPerson(person);
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
 * The people are as `encodeRecorded` of recorded-people.ts encodes them. Throws NO_ID_LEFT.
 */
export function planRecording(
  people: readonly Encoded<Person>[],
  context: RecordingContext,
): RecordingPlan {
  const ids = idsOfRecording(people);
  const freeIds = withoutIds(context.freeIds, ids.named);
  if (ids.newPeople > countOf(freeIds)) throw noPersonIdLeft();
  const named = ids.named.length === 0 ? undefined : lastOfEach(people, context.stored);
  const recorded: Recorded[] = [];
  let nextId = freeIds.first;
  for (const [place, sent] of people.entries()) {
    const id = named === undefined ? 0 : idOfPerson(sent);
    const last = named?.get(id);
    if (id === 0) recorded.push({ id: nextId++, isNew: true, sent, kept: NO_BYTES });
    else if (last?.place === place) recorded.push(last);
  }
  return { ...encodeAll(recorded, context), freeIds: { first: nextId, end: freeIds.end } };
}

/** A person as a recording writes it. */
interface Recorded {
  readonly id: number;
  /** Whether `sent` does not have the id. */
  readonly isNew: boolean;
  readonly sent: Encoded<Person>;
  /** The later fields that it keeps. */
  readonly kept: Uint8Array;
}

/** The last message of each id that the call names. */
function lastOfEach(
  people: readonly Encoded<Person>[],
  stored: RecordingContext['stored'],
): Map<number, Recorded & { readonly place: number }> {
  const last = new Map<number, Recorded & { readonly place: number }>();
  for (const [place, sent] of people.entries()) {
    const id = idOfPerson(sent);
    if (id === 0) continue;
    const before = last.get(id);
    const known = before === undefined ? stored.get(id) : Buffer.concat([before.sent, before.kept]);
    const kept = known === undefined ? NO_BYTES : laterFields(known, sent);
    last.set(id, { id, isNew: false, sent, kept, place });
  }
  return last;
}

/** The later fields of a person that the new message does not replace. */
function laterFields(person: Encoded<Person>, by: Encoded<Person>): Uint8Array {
  const replaced = new Set<number>();
  const fields = new Fields(by);
  while (fields.next()) replaced.add(fields.number);
  return fieldsOf(person, (field) => isLater(field) && !replaced.has(field));
}

function isLater(field: number): boolean {
  return field === FIELD.adresses || field >= FIELD.firstLater;
}

/** What a recording adds to a person, without a length of more than two bytes. */
const ADDED_BYTES = 64;

/** Encodes the address book once; the messages are views of its bytes. */
function encodeAll(
  people: readonly Recorded[],
  { now, revision, stored, deleted }: RecordingContext,
): Pick<RecordingPlan, 'written' | 'addressBook'> {
  const stamp = { lastUpdated: now, etag: etagOf(revision) };
  const ofReplaced = Person.encode(Person.fromPartial(stamp)).finish();
  const ofNew = Person.encode(Person.fromPartial({ ...stamp, createTime: now })).finish();
  const book = new MessageBuilder(
    people.reduce((sum, { sent, kept }) => sum + sent.length + kept.length + ADDED_BYTES, 0),
  );
  for (const person of people) {
    const before = stored.get(person.id) ?? deleted.get(person.id);
    if (before === undefined) addPerson(book, person, NO_BYTES, ofNew);
    else addPerson(book, person, fieldsOf(before, isCreateTime), ofReplaced);
  }
  const addressBook = book.finish();
  const messages = subMessages(addressBook, 1);
  const written = messages.map((message, index) => ({ id: people[index]?.id ?? 0, message }));
  return { written, addressBook };
}

/** Adds a person to the address book. */
function addPerson(
  book: MessageBuilder,
  { id, isNew, sent, kept }: Recorded,
  createTime: Uint8Array,
  stamp: Uint8Array,
): void {
  const idAt = isNew ? endOfName(sent) : 0;
  const idBytes = isNew ? 1 + varintBytes(id) : 0;
  const length = sent.length + idBytes + kept.length + createTime.length + stamp.length;
  book.varint(FIELD_1).varint(length).raw(sent, 0, idAt);
  if (isNew) book.varint(FIELD.id << 3).varint(id);
  book.raw(sent, idAt).raw(kept).raw(createTime).raw(stamp);
}

/** Where the id belongs: after the name, which is the first field. */
function endOfName(person: Encoded<Person>): number {
  const fields = new Fields(person);
  return fields.next() && fields.number === FIELD.name ? fields.end : 0;
}

/** The row of a person. */
export function toRow({ id, message }: PersonMessage): PersonRow {
  const { email, addressKeys, labelKeys, furtherEmails, externalId } = keysOfEncoded(message);
  return { id, email, addressKeys, labelKeys, furtherEmails, externalId, message };
}

/** The rows of people who have everything that is stored. */
export function rowsOf(people: readonly Person[]): PersonRow[] {
  // One writer for all of them, because each has a buffer of its own.
  const writer = new BinaryWriter();
  for (const person of people) Person.encode(person, writer.uint32(FIELD_1).fork()).join();
  const messages = subMessages(asBuffer(writer.finish()), 1);
  return people.map(({ id }, index) => toRow({ id, message: messages[index] ?? NO_BYTES }));
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

const NO_KEYS = keysOfEncoded(NO_BYTES);

/** The keys of the stored person; the row itself if they are the same, which is found out faster. */
function keysBefore(row: PersonRow, stored: Encoded<Person> | undefined): PersonKeys {
  if (stored === undefined) return NO_KEYS;
  const before = fieldsOf(stored, isKey);
  if (Buffer.compare(before, fieldsOf(row.message, isKey)) === 0) return row;
  return keysOfEncoded(before);
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
