import { UserRequest, type UserRequests } from '../../gen/grpcUser/user.js';
import {
  Person,
  PhoneType,
  type AddressBook,
  type Adress,
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

/** The fields that the server sets. */
type ServerField = 'lastUpdated' | 'etag' | 'createTime' | 'deleteTime';

const personFields = {
  name: readText,
  id: readInt32,
  email: readText,
  phones: listOf(objectOf({ number: readText, type: enumOf<PhoneType>(PhoneType) })),
  adresses: listOf(
    objectOf({
      name: readText,
      street: readText,
      locality: readText,
      region: readText,
      postalCode: readText,
      country: readText,
    } satisfies Record<keyof Adress, Reader<unknown>>),
  ),
  organization: readText,
  title: readText,
  note: readText,
  labels: listOf(readText),
  externalId: readText,
  emails: listOf(objectOf({ address: readText, label: readText })),
  birthday: readText,
  vcardExtra: listOf(readText),
} satisfies Record<Exclude<keyof Person, ServerField>, Reader<unknown>>;

const recordedPerson = objectOf({
  ...personFields,
  lastUpdated: SKIPPED,
  etag: SKIPPED,
  createTime: SKIPPED,
  deleteTime: SKIPPED,
});
const wholePerson = objectOf({
  ...personFields,
  lastUpdated: readDate,
  etag: readText,
  createTime: readDate,
  deleteTime: readDate,
});

const user = objectOf({
  id: readInt32,
  firstName: readText,
  lastName: readText,
  address: readText,
  verified: readBoolean,
  email: readText,
  etag: readText,
} satisfies Record<keyof UserRequest, Reader<unknown>>);

/** The name of a phone type, or its number if this version of the package does not know it. */
export type PhoneTypeJson = Exclude<keyof typeof PhoneType, 'UNRECOGNIZED'> | number;

/** A phone number as JSON. */
export interface PhoneNumberJson extends Omit<PhoneNumber, 'type'> {
  readonly type: PhoneTypeJson;
}

/** A person as JSON; times are ISO 8601 texts. */
export interface PersonJson extends Omit<Person, 'phones' | TimeField> {
  readonly phones: readonly PhoneNumberJson[];
  readonly lastUpdated?: string;
  readonly createTime?: string;
  readonly deleteTime?: string;
}

type TimeField = 'lastUpdated' | 'createTime' | 'deleteTime';

/** The people of a recording as JSON. */
export interface AddressBookJson extends Omit<AddressBook, 'people'> {
  readonly people: readonly PersonJson[];
}

/** A message as JSON: people and phones in it as PersonJson and PhoneNumberJson. */
export type MessageJson<Message> = Message extends Person
  ? PersonJson
  : Message extends PhoneNumber
    ? PhoneNumberJson
    : Message extends Date
      ? string
      : Message extends readonly (infer Item)[]
        ? readonly MessageJson<Item>[]
        : Message extends object
          ? { readonly [Field in keyof Message]: MessageJson<Message[Field]> }
          : Message;

/**
 * A message as plain data for JSON.stringify(), with all its fields: enum values as names, times as
 * ISO 8601 texts. Takes people, users and phones, every response of the directory, and the events of
 * watch(). personFromJson() and userFromJson() read people and users back.
 */
export function toJson(message: Person): PersonJson;
export function toJson(message: PhoneNumber): PhoneNumberJson;
export function toJson(message: UserRequest): UserRequest;
export function toJson(message: AddressBook): AddressBookJson;
export function toJson(message: UserRequests): UserRequests;
export function toJson<Message extends object>(message: Message): MessageJson<Message>;
export function toJson(message: object): unknown {
  return valueToJson(message);
}

function valueToJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(valueToJson);
  if (value instanceof Date) return value.toISOString();
  const fields = Object.entries(value).filter(
    ([, field]) => field !== undefined && !isInvalid(field),
  );
  const json = Object.fromEntries(fields.map(([name, field]) => [name, valueToJson(field)]));
  return isPhone(value) ? { ...json, type: typeToJson(value.type) } : json;
}

/** Whether it is a time that a Date cannot hold, which arrives as an invalid one. */
function isInvalid(value: unknown): boolean {
  return value instanceof Date && Number.isNaN(value.getTime());
}

/** No other message has both fields. */
function isPhone(value: object): value is PhoneNumber {
  return 'number' in value && 'type' in value;
}

function typeToJson(type: PhoneType): PhoneTypeJson {
  const name = enumNames(PhoneType).find((known) => PhoneType[known as 'HOME'] === type);
  return (name as PhoneTypeJson | undefined) ?? type;
}
