import { Person, type AddressBook } from '../../gen/personguide/person_guide.js';
import { asBuffer, FIELD_1, MessageBuilder, subMessages, type Encoded } from './encoded.js';

/** People to record: messages, or their wire form in a book, each as `encodeRecorded` encodes it. */
export type RecordedPeople = readonly Person[] | Encoded<AddressBook>;

/** The wire form of a person who is recorded: without the fields that the server sets. */
export function encodeRecorded(person: Person): Encoded<Person> {
  const { etag, lastUpdated, createTime, deleteTime } = person;
  const isAsRecorded = etag === '' && (lastUpdated ?? createTime ?? deleteTime) === undefined;
  return Person.encode(isAsRecorded ? person : withoutServerFields(person)).finish();
}

/** The times of a client may be out of range, which cannot be encoded. */
function withoutServerFields(person: Person): Person {
  const unset = { lastUpdated: undefined, createTime: undefined, deleteTime: undefined };
  return { ...person, etag: '', ...unset };
}

/** The people in wire form, in order. */
export function encodedPeople(people: RecordedPeople): Encoded<Person>[] {
  if (people instanceof Uint8Array) return subMessages(asBuffer(people), 1);
  return people.map(encodeRecorded);
}

const FIRST_BYTES = 16 * 1024;

/** A book that people are added to one by one: one buffer, and not an object for each of them. */
export class PeopleBook {
  readonly #builder = new MessageBuilder(FIRST_BYTES);
  #people = 0;

  /** How many people it has. */
  get people(): number {
    return this.#people;
  }

  /** Adds a person as `encodeRecorded` encodes it. */
  add(person: Encoded<Person>): void {
    this.#people += 1;
    this.#builder.varint(FIELD_1).varint(person.length).raw(person);
  }

  /** Its bytes, which the receiver may move to another thread. Nobody can be added after that. */
  finish(): Encoded<AddressBook> {
    return this.#builder.finish();
  }
}
