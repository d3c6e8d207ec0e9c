import { Adress, Person, type AddressBook } from '../../gen/personguide/person_guide.js';
import { joinAsField1, subMessages, type Encoded } from './encoded.js';
import { DirectoryError } from './errors.js';

/** The largest id that an int32 holds. */
export const MAX_ID = 2_147_483_647;

const ADRESSES_FIELD = 6;

/** The form in which address names are compared: NFC, trimmed, case-folded. */
export function addressKey(name: string): string {
  // Upper, then lower: the nearest that JavaScript has to Unicode's full case folding (ß = SS).
  return name.normalize('NFC').trim().toUpperCase().toLowerCase();
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
 * A person that comes without adresses keeps the stored ones.
 */
export function planRecording(people: readonly Person[], context: RecordingContext): PersonRow[] {
  const lastPlace = new Map<number, number>();
  let maxId = context.maxId;
  for (const [place, { id }] of people.entries()) {
    if (id > 0) lastPlace.set(id, place);
    if (id > maxId) maxId = id;
  }
  const rows: PersonRow[] = [];
  for (const [place, person] of people.entries()) {
    if (person.id > 0 && lastPlace.get(person.id) !== place) continue;
    rows.push(toRow(person, person.id > 0 ? person.id : (maxId += 1), context));
  }
  if (maxId > MAX_ID) {
    throw new DirectoryError('exhausted', 'no id is left above those in use; name a free one', {
      code: 'NO_ID_LEFT',
    });
  }
  return rows;
}

/** The answer to a recording: the rows written, in order. */
export function toAddressBook(rows: readonly PersonRow[]): Encoded<AddressBook> {
  return joinAsField1(rows.map(({ message }) => message));
}

function toRow(person: Person, id: number, context: RecordingContext): PersonRow {
  const adresses =
    person.adresses.length > 0 || person.id === 0 ? person.adresses : kept(context.find(id));
  return {
    id,
    email: person.email,
    addressKeys: [...new Set(adresses.map(({ name }) => addressKey(name)))],
    message: Person.encode({ ...person, id, adresses, lastUpdated: context.now }).finish(),
  };
}

function kept(stored: Encoded<Person> | undefined): Adress[] {
  if (stored === undefined) return [];
  return Array.from(subMessages(stored, ADRESSES_FIELD), (adress) => Adress.decode(adress));
}
