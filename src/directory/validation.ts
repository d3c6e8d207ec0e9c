import type { FindUserRequest, UserRequest } from '../../gen/grpcUser/user.js';
import {
  PhoneType,
  type Adress,
  type Person,
  type PersonKey as PersonKeyMessage,
} from '../../gen/personguide/person_guide.js';
import { invalid, type Violation } from './errors.js';
import { foldedKey } from './person-keys.js';
import type { PersonKey, PersonLookup, UserKey } from './store.js';

/** Limits of a valid person or user; lengths are in characters (Unicode code points). */
export const limits = {
  nameCharacters: 200,
  addressCharacters: 200,
  emailCharacters: 254,
  phoneCharacters: 32,
  phones: 50,
  adresses: 20,
  textCharacters: 200,
  noteCharacters: 10_000,
  labels: 50,
  labelCharacters: 100,
  emails: 20,
  vcardLines: 200,
  vcardBytes: 32 * 1024,
} as const;

// The instants that a google.protobuf.Timestamp may hold, years 1 to 9999, in milliseconds.
const MIN_TIMESTAMP_MS = Date.parse('0001-01-01T00:00:00Z');
const MAX_TIMESTAMP_MS = Date.parse('9999-12-31T23:59:59.999Z');

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const CONTROL_CHARACTER = /\p{Cc}/u;
const NOTE_CONTROL_CHARACTER = /[^\P{Cc}\t\n\r]/u;
const BIRTHDAY = /^(?:(\d{4})|-)-(\d{2})-(\d{2})$/;
const EMAIL = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/u;
/** A valid phone. */
export const PHONE = /^[0-9+()\-. /#*,;xpw]+$/;

/** Collects the violations of the fields below one path. */
class Check {
  readonly #path: string;
  readonly #violations: Violation[];

  constructor(path: string, violations: Violation[]) {
    this.#path = path;
    this.#violations = violations;
  }

  /** Adds a violation. */
  reject(field: string, description: string): void {
    this.#violations.push({ field: this.#path + field, description });
  }

  /** Text without control characters; true if it is that and at most `max` characters long. */
  text(field: string, value: string, max: number): boolean {
    if (value === '') return true;
    const problem = textProblem(value, max);
    if (problem !== undefined) this.reject(field, problem);
    return problem === undefined;
  }

  /** Text that must not be blank. */
  name(field: string, value: string, max: number): void {
    if (value.trim() === '') this.reject(field, 'must not be empty');
    else this.text(field, value, max);
  }

  /** Two names of which one may be empty. */
  eitherName(first: readonly [string, string], last: readonly [string, string]): void {
    const given = [first, last].filter(([, value]) => value !== '');
    if (given.length === 0) this.reject(first[0], `give a ${first[0]} or a ${last[0]}`);
    for (const [field, value] of given) this.name(field, value, limits.nameCharacters);
  }

  /** Empty, or an email. */
  email(field: string, value: string): void {
    if (value === '' || !this.text(field, value, limits.emailCharacters)) return;
    if (!EMAIL.test(value)) this.reject(field, 'must have one @ with a domain after it');
  }

  /** 0, or an id. */
  id(field: string, value: number): void {
    if (value < 0) this.reject(field, 'must not be negative');
  }

  phones(person: Person): void {
    if (person.phones.length > limits.phones) {
      this.reject('phones', `must be at most ${limits.phones}`);
      return;
    }
    for (const [index, phone] of person.phones.entries()) {
      const problem = phoneProblem(phone.number);
      if (problem !== undefined) this.reject(`phones[${index}].number`, problem);
      if (!(phone.type in PhoneType) || phone.type === PhoneType.UNRECOGNIZED) {
        this.reject(`phones[${index}].type`, `${phone.type} is not a known phone type`);
      }
    }
  }

  adresses(person: Person): void {
    if (person.adresses.length > limits.adresses) {
      this.reject('adresses', `must be at most ${limits.adresses}`);
      return;
    }
    for (const [index, adress] of person.adresses.entries()) {
      // The path takes longer than a check that finds nothing.
      if (isValidName(adress)) continue;
      const path = `adresses[${index}]`;
      this.name(`${path}.name`, adress.name, limits.addressCharacters);
      this.text(`${path}.street`, adress.street, limits.textCharacters);
      this.text(`${path}.locality`, adress.locality, limits.textCharacters);
      this.text(`${path}.region`, adress.region, limits.textCharacters);
      this.text(`${path}.postal_code`, adress.postalCode, limits.textCharacters);
      this.text(`${path}.country`, adress.country, limits.textCharacters);
    }
  }

  /** The fields that were added after the tutorials. */
  furtherFields(person: Person): void {
    this.text('organization', person.organization, limits.textCharacters);
    this.text('title', person.title, limits.textCharacters);
    this.note(person.note);
    this.labels(person.labels);
    if (person.externalId !== '') {
      this.name('external_id', person.externalId, limits.textCharacters);
    }
    this.emails(person);
    if (!isBirthday(person.birthday)) {
      this.reject('birthday', 'must be a date such as 2001-12-31, or --12-31 without a year');
    }
    this.vcardExtra(person.vcardExtra);
  }

  note(note: string): void {
    const problem = textProblem(note, limits.noteCharacters, NOTE_CONTROL_CHARACTER);
    if (problem !== undefined) this.reject('note', problem);
  }

  labels(labels: readonly string[]): void {
    if (labels.length > limits.labels) {
      this.reject('labels', `must be at most ${limits.labels}`);
      return;
    }
    const keys = new Set<string>();
    for (const [index, label] of labels.entries()) {
      const field = `labels[${index}]`;
      const key = foldedKey(label);
      if (keys.has(key)) this.reject(field, 'must not occur twice');
      else this.name(field, label, limits.labelCharacters);
      keys.add(key);
    }
  }

  emails({ emails }: Person): void {
    if (emails.length > limits.emails) {
      this.reject('emails', `must be at most ${limits.emails}`);
      return;
    }
    for (const [index, { address, label }] of emails.entries()) {
      if (address === '') this.reject(`emails[${index}].address`, 'must not be empty');
      this.email(`emails[${index}].address`, address);
      this.text(`emails[${index}].label`, label, limits.labelCharacters);
    }
  }

  vcardExtra(lines: readonly string[]): void {
    if (lines.length > limits.vcardLines) {
      this.reject('vcard_extra', `must be at most ${limits.vcardLines} lines`);
      return;
    }
    let bytes = 0;
    for (const [index, line] of lines.entries()) {
      bytes += Buffer.byteLength(line);
      const problem = textProblem(line, limits.vcardBytes, NOTE_CONTROL_CHARACTER);
      if (line === '') this.reject(`vcard_extra[${index}]`, 'must not be empty');
      else if (/[\r\n]/.test(line)) this.reject(`vcard_extra[${index}]`, 'must be one line');
      else if (problem !== undefined) this.reject(`vcard_extra[${index}]`, problem);
    }
    if (bytes > limits.vcardBytes) {
      this.reject('vcard_extra', `must be at most ${limits.vcardBytes / 1024} KiB`);
    }
  }

  timestamp(field: string, value: Date | undefined): void {
    if (value === undefined) return;
    const ms = value.getTime();
    if (!(ms >= MIN_TIMESTAMP_MS && ms <= MAX_TIMESTAMP_MS)) {
      this.reject(field, 'must be within the years 1 to 9999');
    }
  }
}

/** Checks a person before it is recorded; `path` precedes each field, as in `people[3].`. */
export function checkPerson(person: Person, path = ''): void {
  check(path, (fields) => {
    fields.name('name', person.name, limits.nameCharacters);
    checkOtherFields(fields, person);
  });
}

/** The violations of a person to import, who may lack a name, since an update may keep it. */
export function importViolations(person: Person): Violation[] {
  return violationsOf('', (fields) => {
    if (person.name !== '') fields.name('name', person.name, limits.nameCharacters);
    checkOtherFields(fields, person);
  });
}

function checkOtherFields(fields: Check, person: Person): void {
  fields.id('id', person.id);
  fields.email('email', person.email);
  fields.phones(person);
  fields.timestamp('last_updated', person.lastUpdated);
  fields.adresses(person);
  fields.furtherFields(person);
}

/** The violations of a person in RoutePhones, which checks only the fields that it uses. */
export function routedPersonViolations(person: Person, path = ''): Violation[] {
  return violationsOf(path, (fields) => {
    fields.id('id', person.id);
    fields.text('email', person.email, limits.emailCharacters);
    fields.phones(person);
  });
}

/** The key to look a person up by: the id if it is above 0, else the email; undefined without. */
export function personKey(person: Person): PersonKey | undefined {
  if (person.id > 0) return { id: person.id };
  return person.email === '' ? undefined : { email: person.email };
}

/** The key of a GetPhone request. */
export function requirePersonKey(person: Person): PersonKey {
  check('', (fields) => {
    fields.id('id', person.id);
    fields.text('email', person.email, limits.emailCharacters);
    if (person.id === 0 && person.email === '') fields.reject('id', 'give an id or an email');
  });
  return person.id > 0 ? { id: person.id } : { email: person.email };
}

/** The key of a GetPerson or BatchGetPersons request; `path` is that of the key, as `keys[3]`. */
export function requirePersonLookup(
  wanted: PersonKeyMessage | undefined,
  path: string,
): PersonLookup {
  const key = wanted?.key;
  check('', (fields) => {
    if (key === undefined) {
      fields.reject(path, 'give an id, an email, a phone or an external_id');
    } else if (key.$case === 'id') {
      if (key.value <= 0) fields.reject(`${path}.id`, 'must be above 0');
    } else if (key.value === '') {
      fields.reject(`${path}.${PROTO_NAMES[key.$case]}`, 'must not be empty');
    } else {
      fields.text(`${path}.${PROTO_NAMES[key.$case]}`, key.value, limits.emailCharacters);
    }
  });
  switch (key?.$case) {
    case 'email':
      return { email: key.value };
    case 'phone':
      return { phone: key.value };
    case 'externalId':
      return { externalId: key.value };
    default:
      return { id: key?.value ?? 0 };
  }
}

const PROTO_NAMES = { email: 'email', phone: 'phone', externalId: 'external_id' } as const;

/** The size of a page: `byDefault` for 0, at most `max`. */
export function requirePageSize(pageSize: number, byDefault: number, max: number): number {
  check('', (fields) => {
    if (pageSize < 0) fields.reject('page_size', 'must not be negative');
  });
  return Math.min(pageSize === 0 ? byDefault : pageSize, max);
}

/** An id that must be given; `field` is its path. */
export function requireId(id: number, field: string): number {
  check('', (fields) => {
    if (id <= 0) fields.reject(field, 'must be above 0');
  });
  return id;
}

/** A message that must be set; `field` is its path. */
export function requireField<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw invalid([{ field, description: 'must be set' }]);
  return value;
}

/** Checks the filters of a list; each may be empty. */
export function checkFilter({ address, label }: { address: string; label: string }): void {
  check('', (fields) => {
    fields.text('address', address, limits.addressCharacters);
    fields.text('label', label, limits.labelCharacters);
  });
}

/** Checks the address that people are listed by; an empty name means everyone. */
export function checkAdress(adress: Adress): void {
  check('', (fields) => fields.text('name', adress.name, limits.addressCharacters));
}

/** Checks what people are searched by. */
export function checkSearch(query: string): void {
  check('', (fields) => {
    fields.name('query', query, limits.textCharacters);
  });
}

/** Checks the words that users are listed by; may be empty. */
export function checkUserQuery(query: string): void {
  check('', (fields) => fields.text('query', query, limits.textCharacters));
}

/** Checks a user before it is added. */
export function checkUser(user: UserRequest, path = ''): void {
  check(path, (fields) => {
    fields.eitherName(['first_name', user.firstName], ['last_name', user.lastName]);
    fields.text('address', user.address, limits.addressCharacters);
    fields.id('id', user.id);
    fields.email('email', user.email);
  });
}

/** The key of a FindUser request. */
export function requireUserKey({ key }: FindUserRequest): UserKey {
  check('', (fields) => {
    if (key === undefined) fields.reject('key', 'give an id or an email');
    else if (key.$case === 'id' && key.value <= 0) fields.reject('id', 'must be above 0');
    else if (key.$case === 'email' && key.value === '') fields.reject('email', 'must not be empty');
    else if (key.$case === 'email') fields.text('email', key.value, limits.emailCharacters);
  });
  return key?.$case === 'email' ? { email: key.value } : { id: key?.value ?? 0 };
}

function check(path: string, collect: (fields: Check) => void): void {
  const violations = violationsOf(path, collect);
  if (violations.length > 0) throw invalid(violations);
}

function violationsOf(path: string, collect: (fields: Check) => void): Violation[] {
  const violations: Violation[] = [];
  collect(new Check(path, violations));
  return violations;
}

/** Whether an adress consists of a valid name alone, as most do. */
function isValidName({ name, street, locality, region, postalCode, country }: Adress): boolean {
  const rest = street + locality + region + postalCode + country;
  return (
    rest === '' && name.trim() !== '' && textProblem(name, limits.addressCharacters) === undefined
  );
}

function isBirthday(value: string): boolean {
  if (value === '') return true;
  const [, year = '2000', month, day] = BIRTHDAY.exec(value) ?? [];
  if (month === undefined || day === undefined) return false;
  // 2000 was a leap year: --02-29 is a birthday.
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}

/** What is wrong with a text, as a clause; undefined if it is valid. */
export function textProblem(
  value: string,
  max: number,
  controlCharacter = CONTROL_CHARACTER,
): string | undefined {
  // A string has at least half as many code points as UTF-16 units, and at most as many.
  if (value.length > max && (value.length > 2 * max || Array.from(value).length > max)) {
    return `must be at most ${max} characters`;
  }
  // Most texts are of this kind, and this takes half as long as what follows.
  if (PRINTABLE_ASCII.test(value)) return undefined;
  if (controlCharacter.test(value)) return 'must not contain control characters';
  return value.isWellFormed() ? undefined : 'must be valid Unicode';
}

function phoneProblem(number: string): string | undefined {
  if (number === '') return 'must not be empty';
  if (number.length > limits.phoneCharacters) {
    return `must be at most ${limits.phoneCharacters} characters`;
  }
  return PHONE.test(number)
    ? undefined
    : 'must consist of digits, spaces, + ( ) - . / # * , ; and the letters x p w';
}
