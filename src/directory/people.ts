import {
  AddressBook,
  type Adress,
  type Person,
  type PhoneNumber,
} from '../../gen/personguide/person_guide.js';
import {
  field1Bytes,
  joinAsField1,
  MAX_RESPONSE_BYTES,
  subMessages,
  type Encoded,
} from './encoded.js';
import { invalid, personNotFound, recordingTooLarge } from './errors.js';
import { readPages } from './pages.js';
import { foldedKey } from './person-keys.js';
import type { PeopleStore, ReadOptions } from './store.js';
import {
  checkAdress,
  checkPerson,
  personKey,
  requirePersonKey,
  routedPersonViolations,
} from './validation.js';
import { idsOfBook, type WriteContext } from './written-ids.js';

/** How much one recording may hold. */
const recordingLimits = { people: 10_000, mebibytes: 16 } as const;

/** People per page of a list. */
const PAGE_SIZE = 1000;

const PHONES_FIELD = 4;

/**
 * Gets the first recorded phone of the person with that id, or else with that exact email; an
 * empty phone if the person has none. Rejects with `invalid` and PERSON_NOT_FOUND.
 */
export async function getPhone(
  store: PeopleStore,
  request: Person,
  options: ReadOptions,
): Promise<Encoded<PhoneNumber>> {
  const [person] = await store.findPeople([requirePersonKey(request)], options);
  if (person === undefined) throw personNotFound();
  return subMessages(person, PHONES_FIELD)[0] ?? new Uint8Array();
}

/**
 * Lists, page by page and in ascending order of id, everyone with an address of that name, or
 * everyone if the name is blank. Rejects with `invalid` before the first page.
 */
export async function* listPeople(
  store: PeopleStore,
  adress: Adress,
  options: ReadOptions,
): AsyncGenerator<readonly Encoded<Person>[], void, undefined> {
  checkAdress(adress);
  const key = foldedKey(adress.name) || undefined;
  const pages = readPages(PAGE_SIZE, (page) =>
    store.listPeople({ ...page, addressKey: key }, options),
  );
  for await (const { messages } of pages) {
    if (messages.length > 0) yield messages;
  }
}

/** Collects the people of one call and records all of them together, or none. */
export class Recording {
  readonly #store: PeopleStore;
  readonly #people: Person[] = [];

  constructor(store: PeopleStore) {
    this.#store = store;
  }

  /**
   * Adds people; `receivedBytes` is the size of all messages of the call so far, these included.
   * Throws `invalid`, naming the fields as in `people[3].email`, and RECORDING_TOO_LARGE. Do not
   * commit a recording after that.
   */
  add(people: readonly Person[], receivedBytes: number): void {
    for (const person of people) {
      checkPerson(person, `people[${this.#people.length}].`);
      if (this.#people.length >= recordingLimits.people) throw tooLarge();
      this.#people.push(person);
    }
    if (receivedBytes > recordingLimits.mebibytes * 1024 * 1024) throw tooLarge();
  }

  /**
   * Records the people in one transaction. Resolves with them as stored, in order: with the first
   * 3 MiB of them, `truncated` if there are more.
   */
  async commit(options: WriteContext): Promise<Encoded<AddressBook>> {
    const book = await this.#store.recordPeople(this.#people, options);
    options.onWritten?.(idsOfBook(book));
    return truncated(book);
  }
}

function truncated(book: Encoded<AddressBook>): Encoded<AddressBook> {
  if (book.length <= MAX_RESPONSE_BYTES) return book;
  let bytes = 0;
  const first = subMessages(book, 1).filter(
    (person) => (bytes += field1Bytes(person)) <= MAX_RESPONSE_BYTES,
  );
  const mark = AddressBook.encode({ people: [], truncated: true }).finish();
  return Buffer.concat([joinAsField1(first), mark]);
}

function tooLarge(): Error {
  return recordingTooLarge(recordingLimits.people, recordingLimits.mebibytes);
}

/**
 * Looks up the phones of people, in order: the stored phones of those who are in the directory,
 * and the phones of the message for all others. `first` is the place of the first person in its
 * stream. At an invalid person it rejects with `invalid`, after the phones of those before it.
 */
export async function* routePhones(
  store: PeopleStore,
  people: readonly Person[],
  first: number,
  options: ReadOptions,
): AsyncGenerator<readonly (PhoneNumber | Encoded<PhoneNumber>)[], void, undefined> {
  const firstInvalid = people.findIndex((person) => routedPersonViolations(person).length > 0);
  const valid = firstInvalid < 0 ? people : people.slice(0, firstInvalid);
  if (valid.length > 0) yield await phonesOf(store, valid, options);
  const invalidPerson = people[firstInvalid];
  if (invalidPerson !== undefined) {
    throw invalid(routedPersonViolations(invalidPerson, `people[${first + firstInvalid}].`));
  }
}

async function phonesOf(
  store: PeopleStore,
  people: readonly Person[],
  options: ReadOptions,
): Promise<(PhoneNumber | Encoded<PhoneNumber>)[]> {
  const keys = people.map(personKey);
  const stored = await store.findPeople(
    keys.filter((key) => key !== undefined),
    options,
  );
  let next = 0;
  const phones: (PhoneNumber | Encoded<PhoneNumber>)[] = [];
  for (const [index, person] of people.entries()) {
    const known = keys[index] === undefined ? undefined : stored[next++];
    const found = known === undefined ? person.phones : subMessages(known, PHONES_FIELD);
    for (const phone of found) phones.push(phone);
  }
  return phones;
}
