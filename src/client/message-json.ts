import { UserRequest, type UserRequests } from '../../gen/grpcUser/user.js';
import {
  Person,
  PhoneType,
  type AddressBook,
  type PhoneNumber,
} from '../../gen/personguide/person_guide.js';
import type { PartialMessage } from './definition.js';
import type { FieldViolation } from './error-details.js';
import {
  enumNames,
  enumOf,
  listOf,
  objectOf,
  readBoolean,
  readDate,
  readInt32,
  readText,
  SKIPPED,
  type Reader,
} from './json-reader.js';

/** A JSON document that is not a valid message; `message` names each field. */
export class JsonError extends TypeError {
  override readonly name = 'JsonError';
  /** All invalid fields, such as `phones[0].type`. The path of the whole document is empty. */
  readonly violations: readonly FieldViolation[];

  constructor(what: string, violations: readonly FieldViolation[]) {
    const texts = violations.map(({ field, description }) => `${field} ${description}`.trim());
    super(`the document is not a valid ${what}: ${texts.join('; ')}`);
    this.violations = violations;
  }
}

/** A person, or all violations of the document. */
export type PersonResult =
  | { readonly person: PartialMessage<Person>; readonly violations?: never }
  | { readonly person?: never; readonly violations: readonly FieldViolation[] };

/**
 * Reads a person from a JSON document. Reports all unknown fields, wrong types and unknown enum
 * names together; `lastUpdated` is skipped, because the server sets it. The server checks the
 * values (lengths, characters).
 */
export function readPerson(document: unknown): PersonResult {
  const violations: FieldViolation[] = [];
  const person = recordedPerson(document, '', violations);
  return person === null || violations.length > 0 ? { violations } : { person };
}

/**
 * The person of a parsed JSON document, such as toJson() returns. Missing fields have their
 * defaults; enum values may be names or numbers, and field names may be in snake_case. Throws a
 * JsonError that names every unknown field and every wrong type.
 */
export function personFromJson(document: unknown): Person {
  return Person.fromPartial(read('person', wholePerson, document));
}

/** The user of a parsed JSON document; see personFromJson(). */
export function userFromJson(document: unknown): UserRequest {
  return UserRequest.fromPartial(read('user', user, document));
}

function read<T>(what: string, reader: Reader<T>, document: unknown): T {
  const violations: FieldViolation[] = [];
  const value = reader(document, '', violations);
  if (value === null || violations.length > 0) throw new JsonError(what, violations);
  return value;
}

const personFields = {
  name: readText,
  id: readInt32,
  email: readText,
  phones: listOf(objectOf({ number: readText, type: enumOf<PhoneType>(PhoneType) })),
  adresses: listOf(objectOf({ name: readText })),
} satisfies Record<Exclude<keyof Person, 'lastUpdated'>, Reader<unknown>>;

const recordedPerson = objectOf({ ...personFields, lastUpdated: SKIPPED });
const wholePerson = objectOf({ ...personFields, lastUpdated: readDate });

const user = objectOf({
  id: readInt32,
  firstName: readText,
  lastName: readText,
  address: readText,
  verified: readBoolean,
  email: readText,
} satisfies Record<keyof UserRequest, Reader<unknown>>);

/** The name of a phone type, or its number if this version of the package does not know it. */
export type PhoneTypeJson = Exclude<keyof typeof PhoneType, 'UNRECOGNIZED'> | number;

/** A phone number as JSON. */
export interface PhoneNumberJson extends Omit<PhoneNumber, 'type'> {
  readonly type: PhoneTypeJson;
}

/** A person as JSON; `lastUpdated` is an ISO 8601 text. */
export interface PersonJson extends Omit<Person, 'phones' | 'lastUpdated'> {
  readonly phones: readonly PhoneNumberJson[];
  readonly lastUpdated?: string;
}

/** The people of a recording as JSON. */
export interface AddressBookJson extends Omit<AddressBook, 'people'> {
  readonly people: readonly PersonJson[];
}

/**
 * A message as plain data for JSON.stringify(), with all its fields: enum values as names, times as
 * ISO 8601 texts. personFromJson() and userFromJson() read it back.
 */
export function toJson(message: Person): PersonJson;
export function toJson(message: PhoneNumber): PhoneNumberJson;
export function toJson(message: UserRequest): UserRequest;
export function toJson(message: AddressBook): AddressBookJson;
export function toJson(message: UserRequests): UserRequests;
export function toJson(
  message: Person | PhoneNumber | UserRequest | AddressBook | UserRequests,
): object {
  if ('phones' in message) return personToJson(message);
  if ('number' in message) return phoneToJson(message);
  if ('people' in message) return { ...message, people: message.people.map(personToJson) };
  return structuredClone(message);
}

function personToJson({ lastUpdated, phones, ...person }: Person): PersonJson {
  const json = { ...structuredClone(person), phones: phones.map(phoneToJson) };
  // A time that a Date cannot hold arrives as an invalid one.
  if (lastUpdated === undefined || Number.isNaN(lastUpdated.getTime())) return json;
  return { ...json, lastUpdated: lastUpdated.toISOString() };
}

function phoneToJson({ number, type }: PhoneNumber): PhoneNumberJson {
  const name = enumNames(PhoneType).find((known) => PhoneType[known as 'HOME'] === type);
  return { number, type: (name as PhoneTypeJson | undefined) ?? type };
}
