import type { FindUserRequest, UserRequest } from '../../gen/grpcUser/user.js';
import { PhoneType, type Adress, type Person } from '../../gen/personguide/person_guide.js';
import { invalid, type Violation } from './errors.js';
import type { PersonKey, UserKey } from './store.js';

/** Limits of a valid person or user; lengths are in characters (Unicode code points). */
export const limits = {
  nameCharacters: 200,
  addressCharacters: 200,
  emailCharacters: 254,
  phoneCharacters: 32,
  phones: 50,
  adresses: 20,
} as const;

// The instants that a google.protobuf.Timestamp may hold, years 1 to 9999, in milliseconds.
const MIN_TIMESTAMP_MS = Date.parse('0001-01-01T00:00:00Z');
const MAX_TIMESTAMP_MS = Date.parse('9999-12-31T23:59:59.999Z');

const CONTROL_CHARACTER = /\p{Cc}/u;
const EMAIL = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/u;
const PHONE = /^[0-9+()\-. /#*,;xpw]+$/;

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
      const field = `phones[${index}]`;
      const problem = phoneProblem(phone.number);
      if (problem !== undefined) this.reject(`${field}.number`, problem);
      if (!(phone.type in PhoneType) || phone.type === PhoneType.UNRECOGNIZED) {
        this.reject(`${field}.type`, `${phone.type} is not a known phone type`);
      }
    }
  }

  adresses(person: Person): void {
    if (person.adresses.length > limits.adresses) {
      this.reject('adresses', `must be at most ${limits.adresses}`);
      return;
    }
    for (const [index, adress] of person.adresses.entries()) {
      this.name(`adresses[${index}].name`, adress.name, limits.addressCharacters);
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
    fields.id('id', person.id);
    fields.email('email', person.email);
    fields.phones(person);
    fields.timestamp('last_updated', person.lastUpdated);
    fields.adresses(person);
  });
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

/** Checks the address that people are listed by; an empty name means everyone. */
export function checkAdress(adress: Adress): void {
  check('', (fields) => fields.text('name', adress.name, limits.addressCharacters));
}

/** Checks a user before it is added. */
export function checkUser(user: UserRequest): void {
  check('', (fields) => {
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

function textProblem(value: string, max: number): string | undefined {
  // A string has at least half as many code points as UTF-16 units, and at most as many.
  if (value.length > max && (value.length > 2 * max || Array.from(value).length > max)) {
    return `must be at most ${max} characters`;
  }
  if (CONTROL_CHARACTER.test(value)) return 'must not contain control characters';
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
