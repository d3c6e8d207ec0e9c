import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Person } from '../../../../gen/personguide/person_guide.js';

/** A page of people, each as its encoded message: most of them are never shown. */
export interface PersonPage {
  readonly people: readonly Uint8Array[];
  /** Reads the next page; empty after the last one. */
  readonly nextPageToken: string;
  /** The number of people in the directory, or 0. */
  readonly totalSize: number;
}

/** Reads a QueryPersonsResponse without decoding its people. */
export function readPersonPage(bytes: Uint8Array): PersonPage {
  const reader = new BinaryReader(bytes);
  const people: Uint8Array[] = [];
  let nextPageToken = '';
  let totalSize = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1) people.push(reader.bytes());
    else if (field === 2) nextPageToken = reader.string();
    else if (field === 3) totalSize = reader.int32();
    else reader.skip(type);
  }
  return { people, nextPageToken, totalSize };
}

/** Reads the id of an encoded person. */
export function idOf(bytes: Uint8Array): number {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 2) return reader.int32();
    reader.skip(type);
  }
  return 0;
}

const decoded = new WeakMap<Uint8Array, Person>();

/** Decodes a person; the same bytes are decoded once. */
export function personOf(bytes: Uint8Array): Person {
  const known = decoded.get(bytes);
  if (known !== undefined) return known;
  const person = Person.decode(bytes);
  decoded.set(bytes, person);
  return person;
}
