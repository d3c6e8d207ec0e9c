import { FIELD_1, Fields, type Encoded } from './encoded.js';
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

const ID_TAG = { person: 2 << 3, user: 5 << 3 } as const;

/** The id of a person in wire form; 0 without one. */
export function idOfPerson(person: Encoded<unknown>): number {
  return idIn(new Fields(person), ID_TAG.person);
}

/** The id of a stored user. */
export function idOfUser(user: Encoded<unknown>): number {
  return idIn(new Fields(user), ID_TAG.user);
}

/** The ids of the people of an address book, in order. */
export function idsOfBook(book: Encoded<unknown>): number[] {
  const ids: number[] = [];
  const people = new Fields(book);
  while (people.next()) {
    if (people.tag === FIELD_1) ids.push(idIn(people.inner(), ID_TAG.person));
  }
  return ids;
}

/** The name and the id are the first fields, so that little is read of a person who has an id. */
function idIn(fields: Fields, tag: number): number {
  while (fields.next()) {
    if (fields.tag === tag) return fields.int32();
  }
  return 0;
}
