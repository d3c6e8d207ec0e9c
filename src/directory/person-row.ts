import { Adress, Person, type AddressBook } from '../../gen/personguide/person_guide.js';
import { joinAsField1, subMessages, type Encoded } from './encoded.js';
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
export function planRecording(people: readonly Person[], context: RecordingContext): PersonRow[] {
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
  const stamp = Person.encode(Person.fromPartial({ lastUpdated: context.now })).finish();
  const rows: PersonRow[] = [];
  for (const [place, person] of people.entries()) {
    const { id } = person;
    if (id === 0) rows.push(toRow(person, (maxId += 1), person.adresses, stamp));
    else if (lastPlace.get(id) === place) {
      rows.push(toRow(person, id, brought.get(id) ?? kept(context.find(id)), stamp));
    }
  }
  return rows;
}

function noIdLeft(): DirectoryError {
  return new DirectoryError('exhausted', 'no id is left above those in use; name a free one', {
    code: 'NO_ID_LEFT',
  });
}

/** The answer to a recording: the rows written, in order. */
export function toAddressBook(rows: readonly PersonRow[]): Encoded<AddressBook> {
  return joinAsField1(rows.map(({ message }) => message));
}

/** `stamp` is the encoded last_updated: to encode it for each person would double the work. */
function toRow(
  person: Person,
  id: number,
  adresses: readonly Adress[],
  stamp: Uint8Array,
): PersonRow {
  const unstamped = { ...person, id, adresses: [...adresses], lastUpdated: undefined };
  return {
    id,
    email: person.email,
    addressKeys: [...new Set(adresses.map(({ name }) => addressKey(name)))],
    message: Person.encode(unstamped).raw(stamp).finish(),
  };
}

function kept(stored: Encoded<Person> | undefined): Adress[] {
  if (stored === undefined) return [];
  return Array.from(subMessages(stored, ADRESSES_FIELD), (adress) => Adress.decode(adress));
}
