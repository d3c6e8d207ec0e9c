import type {
  AddressBook,
  Adress,
  Person,
  PhoneNumber,
} from '../../gen/personguide/person_guide.js';
import { subMessages, type Encoded } from './encoded.js';
import { DirectoryError, invalid } from './errors.js';
import { addressKey } from './person-row.js';
import type { Store, WriteOptions } from './store.js';
import {
  checkAdress,
  checkPerson,
  personKey,
  requirePersonKey,
  routedPersonViolations,
} from './validation.js';

/** How much one recording may hold before it is committed. */
const recordingLimits = { people: 10_000, bytes: 16 * 1024 * 1024 } as const;

/** How many people a list reads at a time. */
const PAGE_SIZE = 500;

const PHONES_FIELD = 4;

/**
 * Gets the first recorded phone of the person with that id, or else with that exact email; an
 * empty phone for a person without any. Fails with `invalid` and `not-found`.
 */
export async function getPhone(store: Store, request: Person): Promise<Encoded<PhoneNumber>> {
  const [person] = await store.findPeople([requirePersonKey(request)]);
  if (person === undefined) {
    throw new DirectoryError('not-found', 'nobody in the directory has that id or email', {
      code: 'PERSON_NOT_FOUND',
    });
  }
  return subMessages(person, PHONES_FIELD)[0] ?? new Uint8Array();
}

/** Lists, page by page, everyone with an address of that name; everyone if the name is blank. */
export async function* listPeople(
  store: Store,
  adress: Adress,
): AsyncGenerator<readonly Encoded<Person>[]> {
  checkAdress(adress);
  const key = addressKey(adress.name);
  let afterId = 0;
  for (;;) {
    const page = await store.listPeople(
      { afterId, limit: PAGE_SIZE },
      key === '' ? undefined : key,
    );
    if (page.messages.length > 0) yield page.messages;
    if (page.done) return;
    afterId = page.lastId;
  }
}

/** People that arrive one by one and are recorded all at once, or not at all. */
export class Recording {
  private readonly people: Person[] = [];
  private bytes = 0;

  constructor(private readonly store: Store) {}

  /**
   * Takes one more person, whose message has that many bytes.
   * Fails with `invalid`, naming the fields as in `people[3].email`, or with `exhausted`.
   */
  add(person: Person, messageBytes: number): void {
    checkPerson(person, `people[${this.people.length}].`);
    this.bytes += messageBytes;
    if (this.people.length >= recordingLimits.people || this.bytes > recordingLimits.bytes) {
      throw new DirectoryError(
        'exhausted',
        `one call records at most ${recordingLimits.people} people and ` +
          `${recordingLimits.bytes / 1024 / 1024} MiB; record the rest in another`,
        { code: 'RECORDING_TOO_LARGE' },
      );
    }
    this.people.push(person);
  }

  /** Records them in one transaction; resolves with the people as stored, in order. */
  commit(options: WriteOptions): Promise<Encoded<AddressBook>> {
    return this.store.recordPeople(this.people, options);
  }
}

/**
 * Answers people with their phones, in order: the stored ones of those whom the directory knows,
 * and of the others those they carry. `first` is the place of the first one in its stream.
 * At an invalid person it fails with `invalid`, once those before it are answered.
 */
export async function* routePhones(
  store: Store,
  people: readonly Person[],
  first: number,
): AsyncGenerator<readonly (PhoneNumber | Encoded<PhoneNumber>)[]> {
  const firstInvalid = people.findIndex((person) => routedPersonViolations(person).length > 0);
  const valid = firstInvalid < 0 ? people : people.slice(0, firstInvalid);
  if (valid.length > 0) yield await phonesOf(store, valid);
  const refused = people[firstInvalid];
  if (refused !== undefined) {
    throw invalid(routedPersonViolations(refused, `people[${first + firstInvalid}].`));
  }
}

async function phonesOf(
  store: Store,
  people: readonly Person[],
): Promise<(PhoneNumber | Encoded<PhoneNumber>)[]> {
  const keys = people.map(personKey);
  const stored = await store.findPeople(keys.filter((key) => key !== undefined));
  let next = 0;
  const phones: (PhoneNumber | Encoded<PhoneNumber>)[] = [];
  for (const [index, person] of people.entries()) {
    const known = keys[index] === undefined ? undefined : stored[next++];
    const answer = known === undefined ? person.phones : subMessages(known, PHONES_FIELD);
    for (const phone of answer) phones.push(phone);
  }
  return phones;
}
