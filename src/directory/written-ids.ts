import { BinaryReader } from '@bufbuild/protobuf/wire';
import { FIELD_1, type Encoded } from './encoded.js';
import type { WriteOptions } from './store.js';

/** Options of a use case that writes. */
export interface WriteContext extends WriteOptions {
  /** Receives the ids of the people or users that were written, once that is durable. */
  readonly onWritten?: ((ids: readonly number[]) => void) | undefined;
}

/** More ranges than an import of new people ever has; a log line stays below 10 KiB. */
const MAX_RANGES = 500;

/** Ids that a call has written, as text for a log: `1-10,17`. */
export class WrittenIds {
  readonly #ranges: { first: number; last: number }[] = [];
  #more = false;

  /** Adds ids; those that follow each other become one range. */
  add(ids: readonly number[]): void {
    for (const id of ids) {
      const range = this.#ranges.at(-1);
      if (range !== undefined && id === range.last + 1) range.last = id;
      else if (this.#ranges.length < MAX_RANGES) this.#ranges.push({ first: id, last: id });
      else this.#more = true;
    }
  }

  /** Ends with `...` if there are more than 500 ranges. */
  toString(): string {
    const texts = this.#ranges.map(({ first, last }) =>
      first === last ? String(first) : `${first}-${last}`,
    );
    return this.#more ? `${texts.join(',')}...` : texts.join(',');
  }
}

/** The int32 in the field of that number; 0 if the message does not have it. */
export function int32Field(message: Uint8Array, fieldNumber: number): number {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === fieldNumber) return reader.int32();
    reader.skip(wireType);
  }
  return 0;
}

const PERSON_ID_FIELD = 2;
const USER_ID_FIELD = 5;

/** The id of a stored person. */
export function idOfPerson(person: Encoded<unknown>): number {
  return int32Field(person, PERSON_ID_FIELD);
}

/** The id of a stored user. */
export function idOfUser(user: Encoded<unknown>): number {
  return int32Field(user, USER_ID_FIELD);
}

/** The ids of the people of an address book, in order. */
export function idsOfBook(book: Encoded<unknown>): number[] {
  const ids: number[] = [];
  const reader = new BinaryReader(book);
  while (reader.pos < reader.len) {
    if (reader.uint32() !== FIELD_1) break;
    const end = reader.uint32() + reader.pos;
    // The name and the id are the first fields, so this reads little of a person.
    for (let found = false; !found && reader.pos < end;) {
      const [field, wireType] = reader.tag();
      found = field === PERSON_ID_FIELD;
      if (found) ids.push(reader.int32());
      else reader.skip(wireType);
    }
    reader.pos = end;
  }
  return ids;
}
