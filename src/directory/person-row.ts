import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Adress, Person, type AddressBook } from '../../gen/personguide/person_guide.js';
import { FIELD_1, subMessages, type Encoded } from './encoded.js';
import { noPersonIdLeft } from './errors.js';
import { foldedKey } from './person-keys.js';

/** The largest id that an int32 holds. */
export const MAX_ID = 2_147_483_647;

const ADRESSES_FIELD = 6;

/** The form in which address names are compared. */
export const addressKey = foldedKey;

/** A person as a driver stores it: the message, and the columns to find it by. */
export interface PersonRow {
  readonly id: number;
  readonly email: string;
  readonly addressKeys: readonly string[];
  readonly message: Encoded<Person>;
}

/** The row of a person whose message is stored already, such as in another store. */
export function storedPersonRow(message: Encoded<Person>): PersonRow {
  const { id, email, adresses } = Person.decode(message);
  return { id, email, addressKeys: addressKeysOf(adresses), message };
}

/** Which ids a recording names and how many it needs. */
export interface RecordingIds {
  /** The ids above 0 that the call names, each once. */
  readonly named: readonly number[];
  /** The largest of them, 0 if there are none. */
  readonly largest: number;
  /** How many people need an id from the store. */
  readonly newPeople: number;
}

/** What a driver reads, within the transaction of the recording, before it is planned. */
export interface RecordingContext {
  /** An id such that it and all above it are free: neither stored nor ever assigned. */
  readonly firstFreeId: number;
  /** The stored people of the ids that the call names, by id. */
  readonly stored: ReadonlyMap<number, Encoded<Person>>;
  /** Becomes the `last_updated` of all people of the call. */
  readonly now: Date;
}

/** What a recording writes. */
export interface RecordingPlan {
  /** Each id once. */
  readonly rows: readonly PersonRow[];
  /** What the call resolves with: the messages of the rows, in order. */
  readonly addressBook: Encoded<AddressBook>;
  /** From now on this id and all above it are free. */
  readonly firstFreeId: number;
}

/** Finds out which ids a recording concerns. */
export function idsOfRecording(people: readonly Person[]): RecordingIds {
  const named = new Set<number>();
  let largest = 0;
  let newPeople = 0;
  for (const { id } of people) {
    if (id === 0) newPeople += 1;
    else named.add(id);
    if (id > largest) largest = id;
  }
  return { named: [...named], largest, newPeople };
}

/**
 * Decides what a recording writes: each id once, by the last message of the id, at its place.
 * A person with id 0 gets an id above all stored ones and all those that the call itself names.
 * A person without adresses keeps those of an earlier message of the same id in the call, or else
 * the stored ones. Throws NO_ID_LEFT.
 */
export function planRecording(people: readonly Person[], context: RecordingContext): RecordingPlan {
  const { largest, newPeople } = idsOfRecording(people);
  let nextId = Math.max(context.firstFreeId, largest + 1);
  if (newPeople > MAX_ID - nextId + 1) throw noPersonIdLeft();
  const lastPlace = new Map<number, number>();
  const sentAdresses = new Map<number, readonly Adress[]>();
  for (const [place, { id, adresses }] of people.entries()) {
    if (id === 0) continue;
    lastPlace.set(id, place);
    if (adresses.length > 0) sentAdresses.set(id, adresses);
  }
  const recorded: Person[] = [];
  for (const [place, person] of people.entries()) {
    const { id } = person;
    if (id === 0) {
      recorded.push(toRecorded(person, nextId, person.adresses));
      nextId += 1;
    } else if (lastPlace.get(id) === place) {
      const adresses = sentAdresses.get(id) ?? storedAdresses(context.stored.get(id));
      recorded.push(toRecorded(person, id, adresses));
    }
  }
  return { ...encodeAll(recorded, context.now), firstFreeId: nextId };
}

/** The person without `last_updated`, which is the same for all people of a call. */
function toRecorded(person: Person, id: number, adresses: readonly Adress[]): Person {
  return { ...person, id, lastUpdated: undefined, adresses: [...adresses] };
}

/** Encodes the address book once; the rows hold views of its bytes. */
function encodeAll(
  people: readonly Person[],
  lastUpdated: Date,
): Pick<RecordingPlan, 'rows' | 'addressBook'> {
  const stamp = Person.encode(Person.fromPartial({ lastUpdated })).finish();
  const writer = new BinaryWriter();
  for (const person of people) {
    Person.encode(person, writer.uint32(FIELD_1).fork()).raw(stamp).join();
  }
  const addressBook = writer.finish();
  const messages = subMessages(addressBook, 1).values();
  const rows = people.map(({ id, email, adresses }) => ({
    id,
    email,
    addressKeys: addressKeysOf(adresses),
    message: messages.next().value ?? new Uint8Array(),
  }));
  return { rows, addressBook };
}

/** How the index of people by address changes. */
export interface AddressChanges {
  /** For each key the ids of people who now have an address of it. */
  readonly added: ReadonlyMap<string, readonly number[]>;
  /** For each key the ids of people who no longer have one. */
  readonly removed: ReadonlyMap<string, readonly number[]>;
}

/** Compares the addresses of rows with those that the stored people, by id, had. */
export function addressChanges(
  rows: readonly PersonRow[],
  stored: ReadonlyMap<number, Encoded<Person>>,
): AddressChanges {
  const added = new Map<string, number[]>();
  const removed = new Map<string, number[]>();
  for (const { id, addressKeys } of rows) {
    const before = addressKeysOf(storedAdresses(stored.get(id)));
    for (const key of before) if (!addressKeys.includes(key)) addTo(removed, key, id);
    for (const key of addressKeys) if (!before.includes(key)) addTo(added, key, id);
  }
  return { added, removed };
}

function addTo(idsByKey: Map<string, number[]>, key: string, id: number): void {
  const ids = idsByKey.get(key);
  if (ids === undefined) idsByKey.set(key, [id]);
  else ids.push(id);
}

/** The key of each address, each key once. */
function addressKeysOf(adresses: readonly Adress[]): string[] {
  const keys = adresses.map(({ name }) => addressKey(name));
  return keys.length < 2 ? keys : [...new Set(keys)];
}

function storedAdresses(stored: Encoded<Person> | undefined): Adress[] {
  if (stored === undefined) return [];
  return subMessages(stored, ADRESSES_FIELD).map((adress) => Adress.decode(adress));
}
