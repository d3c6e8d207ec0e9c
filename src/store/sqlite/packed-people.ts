import type { AddressBook, Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import {
  encodeRecorded,
  PeopleBook,
  type RecordedPeople,
} from '../../directory/recorded-people.js';
import { DECODED, slices } from '../../directory/slices.js';
import type { ImportBatch } from '../../directory/store.js';
import type { PackedImport } from './writes.js';

/** About as much as most people have when they are encoded. */
const BYTES_PER_PERSON = 128;

/** The people as one message, in which they cross to another thread; in slices if they are many. */
export async function packPeople(people: RecordedPeople): Promise<Encoded<AddressBook>> {
  return people instanceof Uint8Array ? people : pack(people);
}

async function pack(people: readonly (Person | Encoded<Person>)[]): Promise<Encoded<AddressBook>> {
  const book = new PeopleBook();
  for (const person of people) {
    const isEncoded = person instanceof Uint8Array;
    const turn = slices.take(isEncoded ? person.length : BYTES_PER_PERSON * DECODED);
    if (turn !== undefined) await turn;
    book.add(isEncoded ? person : encodeRecorded(person));
  }
  return book.finish();
}

/** Encodes the people of an import. */
export async function packImport({ people, ...batch }: ImportBatch): Promise<PackedImport> {
  return {
    ...batch,
    indexes: people.map(({ index }) => index),
    people: await pack(people.map(({ person }) => person)),
  };
}
