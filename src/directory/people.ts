import {
  AddressBook,
  type Adress,
  type Person,
  type PhoneNumber,
} from '../../gen/personguide/person_guide.js';
import { firstOfField1, MAX_RESPONSE_BYTES, subMessages, type Encoded } from './encoded.js';
import { invalid, personNotFound, recordingTooLarge } from './errors.js';
import { PageLength } from './pages.js';
import { foldedKey } from './person-keys.js';
import { isPlainPerson } from './plain-person.js';
import { encodeRecorded, PeopleBook } from './recorded-people.js';
import { DECODED, slices } from './slices.js';
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

/** How a list is read. */
export interface ListOptions extends ReadOptions {
  /** How many bytes the next page should have, about. */
  readonly pageBytes: () => number;
}

/**
 * Lists, page by page and in ascending order of id, everyone with an address of that name, or
 * everyone if the name is blank. Throws `invalid`.
 */
export function listPeople(
  store: PeopleStore,
  adress: Adress,
  options: ListOptions,
): AsyncIterable<readonly Encoded<Person>[]> {
  checkAdress(adress);
  const addressKey = foldedKey(adress.name) || undefined;
  return {
    [Symbol.asyncIterator]: () => new PeoplePages(store, addressKey, options),
  };
}

/** No generator: that would hold its last page while the caller does not read. */
class PeoplePages implements AsyncIterator<readonly Encoded<Person>[], void, undefined> {
  readonly #store: PeopleStore;
  readonly #addressKey: string | undefined;
  readonly #options: ListOptions;
  readonly #length: PageLength;
  #afterId = 0;
  #done = false;

  constructor(store: PeopleStore, addressKey: string | undefined, options: ListOptions) {
    this.#store = store;
    this.#addressKey = addressKey;
    this.#options = options;
    this.#length = new PageLength(PAGE_SIZE, options.pageBytes);
  }

  async next(): Promise<IteratorResult<readonly Encoded<Person>[], void>> {
    if (this.#done) return { done: true, value: undefined };
    const { messages, lastId, done } = await this.#store.listPeople(
      { afterId: this.#afterId, limit: this.#length.next(), addressKey: this.#addressKey },
      this.#options,
    );
    this.#afterId = lastId;
    // A page that is empty is the last one.
    this.#done = done;
    this.#length.learn(messages);
    return messages.length > 0 ? { value: messages } : { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<never, void>> {
    this.#done = true;
    return { done: true, value: undefined };
  }
}

/**
 * Collects the people of one call and records all of them together, or none. It keeps their bytes
 * only: most are stored as they were sent, and what must be decoded is not kept.
 */
export class Recording {
  readonly #store: PeopleStore;
  readonly #decode: (person: Encoded<Person>) => Person;
  readonly #book = new PeopleBook();

  /** @param decode throws `invalid` if the bytes are not a person */
  constructor(store: PeopleStore, decode: (person: Encoded<Person>) => Person) {
    this.#store = store;
    this.#decode = decode;
  }

  /**
   * Adds people, in slices; `receivedBytes` is the size of all messages of the call so far, these
   * included. Rejects with `invalid`, naming the fields as in `people[3].email`, and with
   * RECORDING_TOO_LARGE. Do not commit a recording after that.
   */
  async add(people: readonly Encoded<Person>[], receivedBytes: number): Promise<void> {
    for (const person of people) {
      const isPlain = isPlainPerson(person);
      const turn = slices.take(isPlain ? person.length : person.length * DECODED);
      if (turn !== undefined) await turn;
      const recorded = isPlain ? person : this.#checked(person);
      if (this.#book.people >= recordingLimits.people) throw tooLarge();
      this.#book.add(recorded);
    }
    if (receivedBytes > recordingLimits.mebibytes * 1024 * 1024) throw tooLarge();
  }

  #checked(encoded: Encoded<Person>): Encoded<Person> {
    const person = this.#decode(encoded);
    checkPerson(person, `people[${this.#book.people}].`);
    return encodeRecorded(person);
  }

  /**
   * Records the people in one transaction. Resolves with them as stored, in order: with the first
   * 3 MiB of them, `truncated` if there are more.
   */
  async commit(options: WriteContext): Promise<Encoded<AddressBook>> {
    const book = await this.#store.recordPeople(this.#book.finish(), options);
    await slices.take(book.length);
    options.onWritten?.(idsOfBook(book));
    return truncated(book);
  }
}

function truncated(book: Encoded<AddressBook>): Encoded<AddressBook> {
  if (book.length <= MAX_RESPONSE_BYTES) return book;
  const mark = AddressBook.encode({ people: [], truncated: true }).finish();
  return Buffer.concat([firstOfField1(book, MAX_RESPONSE_BYTES), mark]);
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
