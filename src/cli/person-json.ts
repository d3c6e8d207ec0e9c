import { PhoneType, type Adress, type Person, type PhoneNumber } from '../index.js';

/** One invalid field of a document. */
export interface Violation {
  /** The path of the field, such as `phones[0].type`; empty for the whole document. */
  readonly field: string;
  /** What is wrong with it, such as `must be a string, not 5`. */
  readonly description: string;
}

/** A person as written in a file; fields may be missing. */
export interface PersonInput extends Partial<Pick<Person, 'name' | 'id' | 'email'>> {
  phones?: Partial<PhoneNumber>[];
  adresses?: Partial<Adress>[];
}

/** A person, or all violations of the document. */
export type PersonResult =
  | { readonly person: PersonInput; readonly violations?: never }
  | { readonly person?: never; readonly violations: readonly Violation[] };

/**
 * Reads a person from a JSON document. Reports all unknown fields, wrong types and unknown enum
 * names together; `lastUpdated` is skipped, because the server sets it. The server checks the
 * values (lengths, characters).
 */
export function readPerson(document: unknown): PersonResult {
  const violations: Violation[] = [];
  const person = personReader(document, '', violations);
  return person === null || violations.length > 0 ? { violations } : { person };
}

/** Returns the value, or adds a violation and returns null. */
type Reader<T> = (value: unknown, field: string, violations: Violation[]) => T | null;

const text: Reader<string> = (value, field, violations) => {
  if (typeof value !== 'string') {
    return report(violations, field, `must be a string, not ${show(value)}`);
  }
  // Half a surrogate pair would arrive at the server as U+FFFD.
  if (!value.isWellFormed()) return report(violations, field, 'must be valid Unicode');
  return value;
};

const int32: Reader<number> = (value, field, violations) =>
  typeof value === 'number' && (value | 0) === value
    ? value
    : report(violations, field, `must be a 32-bit integer, not ${show(value)}`);

const phoneTypeNames = Object.keys(PhoneType).filter(
  (name) => name !== 'UNRECOGNIZED' && Number.isNaN(Number(name)),
) as Exclude<keyof typeof PhoneType, 'UNRECOGNIZED'>[];

const phoneType: Reader<PhoneType> = (value, field, violations) => {
  const name = phoneTypeNames.find((name) => name === value || PhoneType[name] === value);
  if (name !== undefined) return PhoneType[name];
  return report(
    violations,
    field,
    `must be one of ${phoneTypeNames.join(', ')}, not ${show(value)}`,
  );
};

const skipped: Reader<never> = () => null;

const personReader = objectOf<PersonInput>({
  name: text,
  id: int32,
  email: text,
  phones: listOf(objectOf<Partial<PhoneNumber>>({ number: text, type: phoneType })),
  adresses: listOf(objectOf<Partial<Adress>>({ name: text })),
  lastUpdated: skipped,
  last_updated: skipped,
});

function listOf<T>(reader: Reader<T>): Reader<T[]> {
  return (value, field, violations) => {
    if (!Array.isArray(value)) {
      return report(violations, field, `must be an array, not ${show(value)}`);
    }
    const items = value.map((item, index) => reader(item, `${field}[${index}]`, violations));
    return items.filter((item) => item !== null);
  };
}

function objectOf<T extends object>(
  readers: { [K in keyof Required<T>]: Reader<T[K]> } & Record<string, Reader<unknown>>,
): Reader<T> {
  return (value, field, violations) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return report(violations, field, `must be an object, not ${show(value)}`);
    }
    const read: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      const path = field === '' ? key : `${field}.${key}`;
      const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
      if (reader === undefined) report(violations, path, 'is not a known field');
      else if (reader !== skipped) read.push([key, reader(item, path, violations)]);
    }
    return Object.fromEntries(read) as T;
  };
}

function report(violations: Violation[], field: string, description: string): null {
  violations.push({ field, description });
  return null;
}

/** The beginning of a value, for a message. */
function show(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 40 ? `${json.slice(0, 37)}...` : json;
}
