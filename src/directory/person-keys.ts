import type { Person } from '../../gen/personguide/person_guide.js';
import { Fields, type Encoded } from './encoded.js';

/** What a person is found by, besides the id. */
export interface PersonKeys {
  readonly email: string;
  /** Each once, as all lists here. */
  readonly addressKeys: readonly string[];
  readonly labelKeys: readonly string[];
  /** The further emails, without the first one. */
  readonly furtherEmails: readonly string[];
  /** Undefined for a person without one. */
  readonly externalId: string | undefined;
}

const ASCII = /^[\x20-\x7e]*$/;

/** The form in which names of addresses and labels are compared: trimmed, case-folded, NFC. */
export function foldedKey(text: string): string {
  return caseFolded(text.trim());
}

/** The form in which emails of users are compared: case-folded, NFC. */
export function caseFolded(text: string): string {
  // Twice as fast, and most texts are ASCII.
  if (ASCII.test(text)) return text.toLowerCase();
  // Upper, then lower case: the closest that JavaScript has to Unicode's case folding (ß = SS).
  // Normalized before and after: the capitals of some letters (ΐ) exist only as combined marks.
  return text.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

const NO_KEYS: readonly string[] = [];

/** The keys of a person. */
export function keysOf(person: Person): PersonKeys {
  return {
    email: person.email,
    addressKeys: distinct(person.adresses, ({ name }) => foldedKey(name)),
    labelKeys: distinct(person.labels, foldedKey),
    furtherEmails: distinct(person.emails, ({ address }) => address),
    externalId: person.externalId === '' ? undefined : person.externalId,
  };
}

/** The tags of the fields that have keys. */
const TAG = { email: 26, adresses: 50, labels: 106, externalId: 114, emails: 122 } as const;

/** The name of an adress and the address of an email are the first field. */
const FIRST_TEXT = 10;

/** The keys of an encoded person, without decoding the rest. */
export function keysOfEncoded(person: Encoded<Person>): PersonKeys {
  let email = '';
  let externalId: string | undefined;
  let addressKeys: string[] | undefined;
  let labelKeys: string[] | undefined;
  let furtherEmails: string[] | undefined;
  const fields = new Fields(person);
  while (fields.next()) {
    switch (fields.tag) {
      case TAG.email:
        email = fields.text();
        break;
      case TAG.adresses:
        addressKeys = withKey(addressKeys, foldedKey(firstText(fields)));
        break;
      case TAG.labels:
        labelKeys = withKey(labelKeys, foldedKey(fields.text()));
        break;
      case TAG.externalId:
        externalId = fields.text();
        break;
      case TAG.emails:
        furtherEmails = withKey(furtherEmails, firstText(fields));
        break;
    }
  }
  return {
    email,
    addressKeys: addressKeys ?? NO_KEYS,
    labelKeys: labelKeys ?? NO_KEYS,
    furtherEmails: furtherEmails ?? NO_KEYS,
    externalId,
  };
}

function firstText(message: Fields): string {
  const fields = message.inner();
  return fields.next() && fields.tag === FIRST_TEXT ? fields.text() : '';
}

function withKey(keys: string[] | undefined, key: string): string[] {
  if (keys === undefined) return [key];
  if (!keys.includes(key)) keys.push(key);
  return keys;
}

function distinct<T>(values: readonly T[], keyOf: (value: T) => string): readonly string[] {
  // Most people have no label and no further email.
  if (values.length === 0) return NO_KEYS;
  const keys = values.map(keyOf);
  return keys.length < 2 ? keys : [...new Set(keys)];
}
