import { PhoneType, type Person, type PhoneNumber, type UserRequest } from '../index.js';
import { oneLine } from './one-line.js';

/** A phone as text: `1234  HOME`; `(no phone)` for the empty response about a person without one. */
export function phoneLine({ number, type }: PhoneNumber): string {
  return number === '' ? '(no phone)' : `${oneLine(number).padEnd(16)}  ${typeName(type)}`;
}

function typeName(type: PhoneType): string {
  // A newer server may have more types than this program.
  const names: Readonly<Record<number, string | undefined>> = PhoneType;
  return names[type] ?? String(type);
}

/** A person as text, in columns: id, name, email, phones, adresses. */
export function personLine({ id, name, email, phones, adresses }: Person): string {
  const phoneTexts = phones.map(({ number, type }) => `${number} ${typeName(type)}`);
  const adressTexts = adresses.map((adress) => adress.name);
  return columns(id, [name, email, phoneTexts.join(', '), adressTexts.join(', ')]);
}

/** A user as text, in columns: id, name, email, verified or unverified, address. */
export function userLine({
  id,
  firstName,
  lastName,
  email,
  verified,
  address,
}: UserRequest): string {
  const state = verified ? 'verified' : 'unverified';
  return columns(id, [`${firstName} ${lastName}`, email, state, address]);
}

const WIDTHS = [20, 26, 12, 0];

function columns(id: number, cells: readonly string[]): string {
  const padded = cells.map((cell, place) => (oneLine(cell) || '-').padEnd(WIDTHS[place] ?? 0));
  return [String(id).padStart(5), ...padded].join('  ').trimEnd();
}
