import type { PhoneType } from '../../gen/personguide/person_guide.js';
import type { PersonInput } from '../client/directory-calls.js';
import type { PeopleWriter } from './entry.js';
import { arrayFrame, linesFrame } from './json-reader.js';
import { phoneTypeName } from './phones.js';

/** The fields of a person in the order in which they are written. */
const fields = [
  'id',
  'name',
  'email',
  'phones',
  'adresses',
  'organization',
  'title',
  'note',
  'labels',
  'externalId',
  'emails',
  'birthday',
  'vcardExtra',
] as const satisfies readonly (keyof PersonInput)[];

/** Writes people as JSON lines, without empty fields and those that the server sets. */
export function jsonLinesWriter(): PeopleWriter {
  return { frame: linesFrame, write: jsonOf };
}

/** Writes people as a JSON array, a person per line. */
export function jsonArrayWriter(): PeopleWriter {
  return { frame: arrayFrame, write: jsonOf };
}

function jsonOf(person: PersonInput): string {
  const document: Record<string, unknown> = {};
  for (const field of fields) {
    const value = field === 'phones' ? phonesOf(person) : person[field];
    if (!isEmpty(value)) document[field] = value;
  }
  return JSON.stringify(document, (_, value: unknown) => (value === '' ? undefined : value));
}

function phonesOf({ phones = [] }: PersonInput): { number: string; type: string }[] {
  return phones.map(({ number = '', type }) => ({ number, type: phoneTypeJson(type) }));
}

/** The names of the contract. */
function phoneTypeJson(type: PhoneType | undefined): string {
  const name = phoneTypeName(type);
  return name === 'MOBILE' || name === 'HOME' || name === 'WORK' ? name : `PHONE_TYPE_${name}`;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === '' ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}
