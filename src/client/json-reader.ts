import { didYouMean } from '../did-you-mean.js';
import type { FieldViolation } from './error-details.js';

/** Returns the value, or adds a violation and returns null. */
export type Reader<T> = (value: unknown, field: string, violations: FieldViolation[]) => T | null;

/** Reads a string that can be encoded as UTF-8. */
export const readText: Reader<string> = (value, field, violations) => {
  if (typeof value !== 'string') {
    return report(violations, field, `must be a string, not ${show(value)}`);
  }
  // Half a surrogate pair would arrive at the server as U+FFFD.
  if (!value.isWellFormed()) return report(violations, field, 'must be valid Unicode');
  return value;
};

/** Reads an integer of 32 bits. */
export const readInt32: Reader<number> = (value, field, violations) =>
  typeof value === 'number' && (value | 0) === value
    ? value
    : report(violations, field, `must be a 32-bit integer, not ${show(value)}`);

/** Reads true or false. */
export const readBoolean: Reader<boolean> = (value, field, violations) =>
  typeof value === 'boolean'
    ? value
    : report(violations, field, `must be true or false, not ${show(value)}`);

const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The date of an ISO 8601 text with date, time and offset; undefined if it is not one. */
export function dateOfIso(text: string): Date | undefined {
  const date = ISO_DATE.test(text) ? new Date(text) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

/** Reads an ISO 8601 text with date, time and offset, as JSON.stringify() writes a Date. */
export const readDate: Reader<Date> = (value, field, violations) => {
  const date = typeof value === 'string' ? dateOfIso(value) : undefined;
  const example = '2030-01-31T12:00:00Z';
  return date ?? report(violations, field, `must be a time such as ${example}, not ${show(value)}`);
};

/** Skips a field. */
export const SKIPPED: Reader<never> = () => null;

/** Reads the name, in upper or lower case, or the number of an enum value. */
export function enumOf<T extends number>(values: Readonly<Record<string, T | string>>): Reader<T> {
  const names = enumNames(values);
  return (value, field, violations) => {
    const wanted = typeof value === 'string' ? value.toUpperCase() : value;
    const name = names.find((known) => known === wanted || values[known] === wanted);
    if (name !== undefined) return values[name] as T;
    return report(violations, field, `must be one of ${names.join(', ')}, not ${show(value)}`);
  };
}

/** The names of a generated enum. */
export function enumNames(values: object): string[] {
  return Object.keys(values).filter(
    (name) => name !== 'UNRECOGNIZED' && Number.isNaN(Number(name)),
  );
}

/** Reads an array. */
export function listOf<T>(reader: Reader<T>): Reader<T[]> {
  return (value, field, violations) => {
    if (!Array.isArray(value)) {
      return report(violations, field, `must be an array, not ${show(value)}`);
    }
    const items = value.map((item, index) => reader(item, `${field}[${index}]`, violations));
    return items.filter((item) => item !== null);
  };
}

type Read<R> = R extends Reader<infer T> ? T : never;

/** Reads an object whose fields may be missing. Names may be in camelCase or in snake_case. */
export function objectOf<Readers extends Readonly<Record<string, Reader<unknown>>>>(
  readers: Readers,
): Reader<{ [Key in keyof Readers]?: Read<Readers[Key]> }> {
  const byName = new Map<string, readonly [string, Reader<unknown>]>();
  for (const [key, reader] of Object.entries(readers)) {
    byName.set(key, [key, reader]).set(snakeCase(key), [key, reader]);
  }
  return (value, field, violations) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return report(violations, field, `must be an object, not ${show(value)}`);
    }
    const read: [string, unknown][] = [];
    for (const [name, item] of Object.entries(value)) {
      const path = field === '' ? name : `${field}.${name}`;
      const [key, reader] = byName.get(name) ?? [];
      if (key === undefined || reader === undefined) {
        report(violations, path, unknownField(name, Object.keys(readers)));
      } else if (reader !== SKIPPED) {
        read.push([key, reader(item, path, violations)]);
      }
    }
    return Object.fromEntries(read) as { [Key in keyof Readers]?: Read<Readers[Key]> };
  };
}

/** What is wrong with a field that a message does not have. */
export function unknownField(name: string, known: readonly string[]): string {
  return `is not a known field${didYouMean(name, known)}`;
}

/** `lastUpdated` -> `last_updated`. Names with an acronym are left as they are. */
export function snakeCase(name: string): string {
  if (/[A-Z]{2}|^[A-Z]/.test(name)) return name;
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function report(violations: FieldViolation[], field: string, description: string): null {
  violations.push({ field, description });
  return null;
}

/** The beginning of a value, for a message. */
export function show(value: unknown): string {
  const json = (JSON.stringify(value) as string | undefined) ?? String(value);
  return json.length > 40 ? `${json.slice(0, 37)}...` : json;
}
