import { PhoneType, type Adress, type Person, type PhoneNumber } from '../index.js';

/** One refused field of a file. */
export interface Refusal {
  /** The path of the field: `phones[0].type`; empty for the whole document. */
  readonly field: string;
  /** What is wrong with it, as a sentence part: `must be a text, not 5`. */
  readonly description: string;
}

/** A person as a file may give it: fields that it leaves out are missing. */
export interface PersonInput extends Partial<Pick<Person, 'name' | 'id' | 'email'>> {
  phones?: Partial<PhoneNumber>[];
  adresses?: Partial<Adress>[];
}

/** A person, or every reason why the document is none. */
export type PersonResult =
  | { readonly person: PersonInput; readonly refusals?: never }
  | { readonly person?: never; readonly refusals: readonly Refusal[] };

/**
 * Reads a person out of a JSON document. Unknown keys, values of another type and unknown enum
 * names are refused, all at once; `lastUpdated` is skipped, since the server sets it. Whether the
 * values are valid (lengths, characters) is left to the server.
 */
export function readPerson(document: unknown): PersonResult {
  const refusals: Refusal[] = [];
  const person = personReader(document, '', refusals);
  return person === null || refusals.length > 0 ? { refusals } : { person };
}

/** Returns the value, or notes a refusal and returns null. */
type Reader<T> = (value: unknown, field: string, refusals: Refusal[]) => T | null;

const text: Reader<string> = (value, field, refusals) => {
  if (typeof value !== 'string') {
    return refuse(refusals, field, `must be a text, not ${show(value)}`);
  }
  // Half a surrogate pair would reach the server as a replacement character.
  if (!value.isWellFormed()) return refuse(refusals, field, 'must be valid Unicode');
  return value;
};

const int32: Reader<number> = (value, field, refusals) =>
  typeof value === 'number' && (value | 0) === value
    ? value
    : refuse(refusals, field, `must be a whole number of 32 bits, not ${show(value)}`);

const phoneTypeNames = Object.keys(PhoneType).filter(
  (name) => name !== 'UNRECOGNIZED' && Number.isNaN(Number(name)),
) as Exclude<keyof typeof PhoneType, 'UNRECOGNIZED'>[];

const phoneType: Reader<PhoneType> = (value, field, refusals) => {
  const name = phoneTypeNames.find((name) => name === value || PhoneType[name] === value);
  if (name !== undefined) return PhoneType[name];
  return refuse(refusals, field, `must be one of ${phoneTypeNames.join(', ')}, not ${show(value)}`);
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
  return (value, field, refusals) => {
    if (!Array.isArray(value)) return refuse(refusals, field, `must be a list, not ${show(value)}`);
    const items = value.map((item, index) => reader(item, `${field}[${index}]`, refusals));
    return items.filter((item) => item !== null);
  };
}

function objectOf<T extends object>(
  readers: { [K in keyof Required<T>]: Reader<T[K]> } & Record<string, Reader<unknown>>,
): Reader<T> {
  return (value, field, refusals) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return refuse(refusals, field, `must be an object, not ${show(value)}`);
    }
    const read: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      const path = field === '' ? key : `${field}.${key}`;
      const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
      if (reader === undefined) refuse(refusals, path, 'is not a known field');
      else if (reader !== skipped) read.push([key, reader(item, path, refusals)]);
    }
    return Object.fromEntries(read) as T;
  };
}

function refuse(refusals: Refusal[], field: string, description: string): null {
  refusals.push({ field, description });
  return null;
}

/** The start of a value, for a message. */
function show(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 40 ? `${json.slice(0, 37)}...` : json;
}
