import { PhoneType, toJson, type Person, type PhoneNumber, type UserRequest } from '../index.js';
import { oneLine } from './one-line.js';
import type { Column } from './table.js';

/** How messages of a type are shown: as rows of a table, and as JSON with every field. */
export interface View<T> {
  readonly columns: readonly Column<T>[];
  readonly json: (message: T) => unknown;
}

/** `1234 HOME` */
export function phoneText({ number, type }: PhoneNumber): string {
  return `${number} ${typeName(type)}`;
}

/** A phone as text: `1234  HOME`; `(no phone)` for the empty response about a person without one. */
export function phoneLine({ number, type }: PhoneNumber): string {
  return number === '' ? '(no phone)' : `${oneLine(number).padEnd(16)}  ${typeName(type)}`;
}

export const phoneView: View<PhoneNumber> = {
  columns: [
    { header: 'NUMBER', text: ({ number }) => number },
    { header: 'TYPE', text: ({ type }) => typeName(type) },
  ],
  json: toJson,
};

export const personView: View<Person> = {
  columns: [
    { header: 'ID', text: ({ id }) => String(id), numeric: true },
    { header: 'NAME', text: ({ name }) => name },
    { header: 'EMAIL', text: ({ email }) => email },
    { header: 'PHONES', text: ({ phones }) => phones.map(phoneText).join(', ') },
    { header: 'ADDRESSES', text: ({ adresses }) => adresses.map(({ name }) => name).join(', ') },
  ],
  json: toJson,
};

export const userView: View<UserRequest> = {
  columns: [
    { header: 'ID', text: ({ id }) => String(id), numeric: true },
    { header: 'NAME', text: ({ firstName, lastName }) => `${firstName} ${lastName}` },
    { header: 'EMAIL', text: ({ email }) => email },
    {
      header: 'STATUS',
      text: ({ verified }) => (verified ? 'verified' : 'unverified'),
      color: ({ verified }) => (verified ? 'green' : 'yellow'),
    },
    { header: 'ADDRESS', text: ({ address }) => address },
  ],
  json: toJson,
};

/** `1 person`, `10,000 people`. */
export function countOf(count: number, singular: string, plural: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : plural}`;
}

function typeName(type: PhoneType): string {
  // A newer server may have more types than this program.
  const names: Readonly<Record<number, string | undefined>> = PhoneType;
  return names[type]?.replace('PHONE_TYPE_', '') ?? String(type);
}
