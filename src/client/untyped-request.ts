import Long from 'long';
import type { MessageType } from './definition.js';
import type { MessageDefaults } from './message-defaults.js';
import { dateOfIso, show, snakeCase, unknownField } from './json-reader.js';

type Fields = Readonly<Record<string, unknown>>;

/** A place in a request: how to put a value there, and how to find it in the message. */
interface Place {
  /** The path as the proto spells it, such as `people[3].last_updated`. */
  readonly path: string;
  /** A request that has nothing but this value, at this place. */
  readonly wrap: (value: unknown) => unknown;
  /** The value at this place of a message. */
  readonly read: (message: unknown) => unknown;
}

/** The number that ts-proto gives to names and numbers that an enum does not have. */
const UNRECOGNIZED = -1;

/**
 * Whether the message has every field of the request, and so of the objects in it, and each text,
 * number and boolean has its type. Runs for every request: `fromPartial` skips fields that it does not
 * know, also misspelt ones, and encoding would send the boolean 'false' as true.
 */
export function fits(request: object, message: object, defaults?: MessageDefaults): boolean {
  const byDefault = defaults?.values ?? NO_FIELDS;
  for (const name in request) {
    const value = (request as Fields)[name];
    // Most fields end here: texts, numbers and booleans of the right type.
    if (typeof value !== 'object' && typeof value === typeof byDefault[name]) continue;
    if (value === undefined || value === null) continue;
    const copy = (message as Fields)[name];
    if (value === copy) {
      if (isScalar(byDefault[name])) return false;
    } else if (!isCopied(value, copy, defaults?.nested(name))) {
      return false;
    }
  }
  return true;
}

const NO_FIELDS: Fields = {};

function isScalar(byDefault: unknown): boolean {
  return byDefault !== undefined && typeof byDefault !== 'object';
}

/** Whether an object or an array has nothing that its copy does not have. */
function isCopied(value: unknown, copy: unknown, defaults?: MessageDefaults): boolean {
  if (typeof copy !== 'object' || copy === null) return copy !== undefined;
  // A 64-bit number becomes a Long, whatever it was.
  if (Long.isLong(copy)) return true;
  if (typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value)) return fits(value, copy, defaults);
  return Array.isArray(copy) && areCopied(value, copy, defaults);
}

function areCopied(
  items: readonly unknown[],
  copies: readonly unknown[],
  defaults?: MessageDefaults,
): boolean {
  // Not every(): this runs for each repeated field of each message of a stream.
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (item !== copies[index] && !isCopied(item, copies[index], defaults)) return false;
  }
  return true;
}

/**
 * Encodes a request that does not have the types of its message, as an untyped program may write it.
 * Accepts names of enum values, ISO 8601 texts as times, and a oneof by the name of its case.
 * Throws a TypeError that names the first invalid field; `path` is that of the request. Takes much
 * longer than encoding a valid request: it learns the fields of a message by encoding examples.
 */
export function encodeUntyped(type: MessageType, request: unknown, path: string): Uint8Array {
  const place: Place = { path, wrap: (value) => value, read: (message) => message };
  const converted = new Converter(type).object(request, place);
  return type.encode(type.fromPartial(converted as never) as never).finish();
}

class Converter {
  readonly #type: MessageType;

  constructor(type: MessageType) {
    this.#type = type;
  }

  /** The fields of a nested message, each with a value that can be encoded. */
  object(value: unknown, place: Place): Fields {
    if (!isFields(value)) throw invalid(place, `must be an object, not ${show(value)}`);
    const defaults = this.#valueAfter(place, {}) as Fields;
    const converted: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value)) {
      if (item === undefined || item === null) continue;
      if (Object.hasOwn(defaults, name) || this.#isEntry(name, item, place)) {
        converted[name] = this.#field(item, defaults[name], fieldOf(place, name));
        continue;
      }
      const oneof = this.#oneofWith(name, Object.keys(defaults), place);
      if (oneof === undefined) {
        throw invalid(
          { ...place, path: pathOf(place, name) },
          unknownField(name, Object.keys(defaults)),
        );
      }
      converted[oneof] = this.#oneof({ $case: name, value: item }, fieldOf(place, oneof));
    }
    return converted;
  }

  #field(value: unknown, byDefault: unknown, place: Place): unknown {
    if (typeof byDefault === 'string' && typeof value !== 'string') {
      throw invalid(place, `must be a string, not ${show(value)}`);
    }
    if (typeof byDefault === 'boolean' && typeof value !== 'boolean') {
      throw invalid(place, `must be true or false, not ${show(value)}`);
    }
    if (!Array.isArray(byDefault)) return this.#value(value, place);
    if (!Array.isArray(value)) throw invalid(place, `must be an array, not ${show(value)}`);
    return value.map((item, index) => this.#value(item, itemOf(place, index)));
  }

  #value(value: unknown, place: Place): unknown {
    if (this.#isOneof(place)) return this.#oneof(value, place);
    if (this.#isMessage(place)) return this.object(value, place);
    const failure = this.#failureOf(place, value);
    if (failure === undefined) return value;
    if (this.#failureOf(place, new Date(0)) === undefined) return dateOf(value, place, failure);
    if (typeof value === 'string') return this.#enumValue(value, place, failure);
    throw invalid(place, `cannot be encoded: ${failure.message}`, failure);
  }

  #enumValue(name: string, place: Place, cause: Error): number {
    // For a number that is not an enum, fromJSON() returns NaN, or the number that a text contains.
    if (this.#numberOf('?', place) !== UNRECOGNIZED) {
      throw invalid(place, `must be a number, not ${show(name)}`, cause);
    }
    const number = this.#numberOf(name, place);
    if (number !== UNRECOGNIZED && typeof number === 'number') return number;
    throw invalid(place, `is not a value of its enum: ${show(name)}`, cause);
  }

  #oneof(value: unknown, place: Place): Fields {
    if (!isFields(value) || !('$case' in value)) {
      throw invalid(place, `must be an object with $case and value, not ${show(value)}`);
    }
    const { $case: name, value: content } = value;
    if (this.#valueAfter(place, { $case: name, value: 0 }) === undefined) {
      throw invalid(place, `has no case ${show(name)}`);
    }
    const inner: Place = {
      path: `${place.path.slice(0, place.path.lastIndexOf('.') + 1)}${snakeCase(String(name))}`,
      wrap: (item) => place.wrap({ $case: name, value: item }),
      read: (message) => (place.read(message) as Fields | undefined)?.['value'],
    };
    return { $case: name, value: this.#value(content, inner) };
  }

  /** A map keeps any name; a message drops those that it does not know. */
  #isEntry(name: string, item: unknown, place: Place): boolean {
    return Object.hasOwn(this.#valueAfter(place, { [name]: item }) as Fields, name);
  }

  #oneofWith(name: string, fields: readonly string[], place: Place): string | undefined {
    return fields.find((field) => {
      const oneof = fieldOf(place, field);
      const isCase = this.#valueAfter(oneof, { $case: name, value: 0 }) !== undefined;
      return isCase && this.#isOneof(oneof);
    });
  }

  /** A oneof takes only the cases that it has; other fields take any object. */
  #isOneof(place: Place): boolean {
    return this.#valueAfter(place, { $case: '', value: 0 }) === undefined;
  }

  /** A nested message is copied field by field; other values are taken as they are. */
  #isMessage(place: Place): boolean {
    const example = {};
    const value = this.#valueAfter(place, example);
    return isFields(value) && value !== example && !Long.isLong(value);
  }

  #numberOf(name: string, place: Place): unknown {
    return this.#type.fromJSON && place.read(this.#type.fromJSON(place.wrap(name)));
  }

  /** The value at a place of a message that is made with another value there. */
  #valueAfter(place: Place, value: unknown): unknown {
    try {
      return place.read(this.#type.fromPartial(place.wrap(value) as never));
    } catch {
      return value;
    }
  }

  #failureOf(place: Place, value: unknown): Error | undefined {
    try {
      this.#type.encode(this.#type.fromPartial(place.wrap(value) as never) as never).finish();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

function dateOf(value: unknown, place: Place, cause: Error): Date {
  const date = typeof value === 'string' ? dateOfIso(value) : undefined;
  if (date !== undefined) return date;
  const text = `must be a Date or an ISO 8601 time, not ${show(value)}`;
  throw invalid(place, value instanceof Date ? 'must be a valid Date' : text, cause);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldOf(place: Place, name: string): Place {
  return {
    path: pathOf(place, name),
    wrap: (value) => place.wrap({ [name]: value }),
    read: (message) => (place.read(message) as Fields | undefined)?.[name],
  };
}

function itemOf(place: Place, index: number): Place {
  return {
    path: `${place.path}[${index}]`,
    wrap: (value) => place.wrap([value]),
    read: (message) => (place.read(message) as readonly unknown[] | undefined)?.[0],
  };
}

function pathOf({ path }: Place, name: string): string {
  return path === '' ? snakeCase(name) : `${path}.${snakeCase(name)}`;
}

function invalid({ path }: Place, description: string, cause?: Error): TypeError {
  const field = path === '' ? 'the request' : path;
  return new TypeError(`${field} ${description}`, cause && { cause });
}
