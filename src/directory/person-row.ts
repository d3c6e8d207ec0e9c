import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Adress, Person, type AddressBook } from '../../gen/personguide/person_guide.js';
import { FIELD_1, subMessages, type Encoded } from './encoded.js';
import { DirectoryError } from './errors.js';

/** The largest id that an int32 holds. */
export const MAX_ID = 2_147_483_647;

const ADRESSES_FIELD = 6;

/** The form in which address names are compared: trimmed, case-folded, NFC. */
export function addressKey(name: string): string {
  // Upper, then lower: the nearest that JavaScript has to Unicode's full case folding (ß = SS).
  // Composed before it and after: the capitals of some letters (ΐ) exist only in parts.
  return name.normalize('NFC').trim().toUpperCase().toLowerCase().normalize('NFC');
}

/** A person as a driver writes it: the message, and the columns to find it by. */
export interface PersonRow {
  readonly id: number;
  readonly email: string;
  readonly addressKeys: readonly string[];
  readonly message: Encoded<Person>;
}

/** What a recording writes, and its answer. */
export interface RecordingPlan {
  /** Each id once. */
  readonly rows: readonly PersonRow[];
  /** The rows in order. */
  readonly addressBook: Encoded<AddressBook>;
}

/** What a driver tells planRecording about the people it has; called inside its transaction. */
export interface RecordingContext {
  /** The largest id stored, 0 if nobody is. */
  readonly maxId: number;
  /** The instant that becomes everybody's `last_updated`. */
  readonly now: Date;
  /** The stored person of that id. */
  find(id: number): Encoded<Person> | undefined;
}

/**
 * Decides what a recording writes: each id once, the last message of an id wins, at its place.
 * Id 0 is given an id above all stored ones and all those that the call itself names.
 * A person that comes without adresses keeps those that an earlier message of the id brings, or
 * else the stored ones.
 */
export function planRecording(people: readonly Person[], context: RecordingContext): RecordingPlan {
  const lastPlace = new Map<number, number>();
  const brought = new Map<number, readonly Adress[]>();
  let maxId = context.maxId;
  let newcomers = 0;
  for (const [place, { id, adresses }] of people.entries()) {
    if (id === 0) newcomers += 1;
    else lastPlace.set(id, place);
    if (id > maxId) maxId = id;
    if (id > 0 && adresses.length > 0) brought.set(id, adresses);
  }
  if (newcomers > MAX_ID - maxId) throw noIdLeft();
  const recorded: Person[] = [];
  for (const [place, person] of people.entries()) {
    const { id } = person;
    if (id === 0) {
      recorded.push(toRecorded(person, (maxId += 1), person.adresses));
    } else if (lastPlace.get(id) === place) {
      recorded.push(toRecorded(person, id, brought.get(id) ?? kept(context.find(id))));
    }
  }
  return encodeAll(recorded, context.now);
}

function noIdLeft(): DirectoryError {
  return new DirectoryError('exhausted', 'no id is left above those in use; name a free one', {
    code: 'NO_ID_LEFT',
  });
}

/** Without its last_updated, which is the same for all of them. */
function toRecorded(person: Person, id: number, adresses: readonly Adress[]): Person {
  const { name, email, phones } = person;
  return { name, id, email, phones, lastUpdated: undefined, adresses: [...adresses] };
}

/** Encodes the answer, and takes the messages out of it: one buffer, where each had its own. */
function encodeAll(people: readonly Person[], lastUpdated: Date): RecordingPlan {
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

/** The keys of the addresses of a stored person, each once. */
export function storedAddressKeys(person: Encoded<Person>): string[] {
  return addressKeysOf(kept(person));
}

function addressKeysOf(adresses: readonly Adress[]): string[] {
  const keys = adresses.map(({ name }) => addressKey(name));
  return keys.length < 2 ? keys : [...new Set(keys)];
}

function kept(stored: Encoded<Person> | undefined): Adress[] {
  if (stored === undefined) return [];
  return subMessages(stored, ADRESSES_FIELD).map((adress) => Adress.decode(adress));
}
