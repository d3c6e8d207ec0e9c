import { UserRequest } from '../../gen/grpcUser/user.js';
import { AddressBook, Person } from '../../gen/personguide/person_guide.js';
import { addressKey } from '../directory/person-row.js';
import type { Encoded } from '../directory/encoded.js';
import type { Page, Store } from '../directory/store.js';

/** A person with a name, and what the case says. */
export function person(fields: Partial<Person> = {}): Person {
  return Person.fromPartial({ name: 'Somebody', ...fields });
}

/** A user with names, and what the case says. */
export function user(fields: Partial<UserRequest> = {}): UserRequest {
  return UserRequest.fromPartial({ firstName: 'Some', lastName: 'Body', ...fields });
}

/** Records people and decodes the answer. */
export async function record(store: Store, ...people: Person[]): Promise<Person[]> {
  return AddressBook.decode(await store.recordPeople(people)).people;
}

/** Adds a user and decodes the answer. */
export async function add(store: Store, fields: Partial<UserRequest> = {}): Promise<UserRequest> {
  return UserRequest.decode(await store.addUser(user(fields)));
}

/** Decodes a person that was found. */
export function decoded(found: Encoded<Person> | undefined): Person | undefined {
  return found === undefined ? undefined : Person.decode(found);
}

/** Finds one person by id. */
export async function findById(store: Store, id: number): Promise<Person | undefined> {
  return decoded((await store.findPeople([{ id }]))[0]);
}

/** Reads all pages of a list; the pages as they came. */
export async function readPages<T>(
  limit: number,
  readPage: (page: { afterId: number; limit: number }) => Promise<Page<T>>,
): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  let afterId = 0;
  for (;;) {
    const page = await readPage({ afterId, limit });
    pages.push(page);
    if (page.done) return pages;
    if (page.messages.length === 0) throw new Error('a page that is not done has no messages');
    afterId = page.lastId;
  }
}

/** The ids of everyone, or of those with an address of that name, as listed. */
export async function listIds(store: Store, adress?: string, limit = 500): Promise<number[]> {
  const key = adress === undefined ? undefined : addressKey(adress);
  const pages = await readPages(limit, (page) => store.listPeople(page, key));
  return pages.flatMap(({ messages }) => messages.map((message) => Person.decode(message).id));
}

/** The ids of the users with that flag, as listed. */
export async function listUserIds(store: Store, verified: boolean, limit = 500): Promise<number[]> {
  const pages = await readPages(limit, (page) => store.listUsers(page, verified));
  return pages.flatMap(({ messages }) => messages.map((message) => UserRequest.decode(message).id));
}
