import { UserRequest } from '../../gen/grpcUser/user.js';
import { AddressBook, Adress, Person } from '../../gen/personguide/person_guide.js';
import { foldedKey } from '../directory/person-keys.js';
import type { Encoded } from '../directory/encoded.js';
import { readPages } from '../directory/pages.js';
import { fieldsOfMask } from '../directory/person-fields.js';
import type {
  Page,
  PageRequest,
  PeopleChangeStore,
  PersonChange,
  Store,
} from '../directory/store.js';

/** A person with a name and the given fields. */
export function person(fields: Partial<Person> = {}): Person {
  return Person.fromPartial({ name: 'Somebody', ...fields });
}

/** An address with that name. */
export function adress(name: string): Adress {
  return Adress.fromPartial({ name });
}

/** A user with names and the given fields. */
export function user(fields: Partial<UserRequest> = {}): UserRequest {
  return UserRequest.fromPartial({ firstName: 'Some', lastName: 'Body', ...fields });
}

/** Records people and decodes the result. */
export async function record(store: Store, ...people: Person[]): Promise<Person[]> {
  return AddressBook.decode(await store.recordPeople(people)).people;
}

/** Makes a change and decodes the result. */
export async function change(store: PeopleChangeStore, wanted: PersonChange): Promise<Person> {
  return Person.decode(await store.changePerson(wanted));
}

/** Creates a person. */
export function create(store: PeopleChangeStore, fields: Partial<Person> = {}): Promise<Person> {
  return change(store, { kind: 'create', person: person(fields) });
}

/** Changes the given fields of the person of that id. */
export function update(
  store: PeopleChangeStore,
  id: number,
  fields: Partial<Person>,
  options: { readonly etag?: string; readonly allowMissing?: boolean } = {},
): Promise<Person> {
  const changed = Person.fromPartial({ ...fields, id });
  const { etag = '', allowMissing = false } = options;
  const mask = Object.keys(fields).map((field) => field.replace(/[A-Z]/g, '_$&').toLowerCase());
  const names = fieldsOfMask(mask, changed);
  return change(store, { kind: 'update', person: changed, fields: names, etag, allowMissing });
}

/** Deletes the person of that id. */
export function remove(store: PeopleChangeStore, id: number): Promise<Person> {
  return change(store, { kind: 'delete', id, etag: '', allowMissing: false });
}

/** Adds a user and decodes the result. */
export async function add(store: Store, fields: Partial<UserRequest> = {}): Promise<UserRequest> {
  return UserRequest.decode(await store.addUser(user(fields)));
}

/** Decodes a person, if one was found. */
export function decoded(found: Encoded<Person> | undefined): Person | undefined {
  return found === undefined ? undefined : Person.decode(found);
}

/** Finds one person by id. */
export async function findById(store: Store, id: number): Promise<Person | undefined> {
  return decoded((await store.findPeople([{ id }]))[0]);
}

/** Reads all pages of a list. */
export async function allPages<T>(
  limit: number,
  readPage: (page: PageRequest) => Promise<Page<T>>,
): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  for await (const page of readPages(limit, readPage)) {
    if (!page.done && page.messages.length === 0) throw new Error('an empty page is not done');
    pages.push(page);
  }
  return pages;
}

/** The ids of everyone, or of those with an address of that name, in list order. */
export async function listIds(store: Store, adress?: string, limit = 500): Promise<number[]> {
  const addressKey = adress === undefined ? undefined : foldedKey(adress);
  const pages = await allPages(limit, (page) => store.listPeople({ ...page, addressKey }));
  return pages.flatMap(({ messages }) => messages.map((message) => Person.decode(message).id));
}

/** The ids of the users with that flag, in list order. */
export async function listUserIds(
  store: Store,
  verified: boolean | undefined,
  limit = 500,
): Promise<number[]> {
  const pages = await allPages(limit, (page) => store.listUsers({ ...page, verified }));
  return pages.flatMap(({ messages }) => messages.map((message) => UserRequest.decode(message).id));
}
