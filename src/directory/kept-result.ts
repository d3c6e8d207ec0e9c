import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { Person } from '../../gen/personguide/person_guide.js';
import { joinAsField1, type Encoded } from './encoded.js';
import type { KeptMessage } from './store.js';
import { idsOfBook } from './written-ids.js';

/** How the result of a write is kept. */
export type KeptAs = KeptMessage['keptAs'];

/**
 * The form in which a result is kept. People who were recorded are kept as their ids: those of 1,000
 * new people take 4 bytes, and their messages 90 KB.
 */
export function toKept(keptAs: KeptAs, result: Uint8Array): KeptMessage {
  return { keptAs, bytes: keptAs === 'people' ? packIds(idsOfBook(result)) : result };
}

/** The ids of the people whom `fromKept` looks for. */
export function keptIds({ keptAs, bytes }: KeptMessage): number[] {
  return keptAs === 'people' ? unpackIds(bytes) : [];
}

/**
 * The result for a retry. People are as `find` returns them, deleted or not; those who are gone for
 * good have only an id.
 */
export function fromKept(
  kept: KeptMessage,
  find: (id: number) => Encoded<Person> | undefined,
): Uint8Array {
  if (kept.keptAs === 'message') return kept.bytes;
  return joinAsField1(keptIds(kept).map((id) => find(id) ?? withIdOnly(id)));
}

function withIdOnly(id: number): Encoded<Person> {
  return Person.encode(Person.fromPartial({ id })).finish();
}

/** Packs ids as pairs: how far one is from the last id, and the length of the run it begins. */
function packIds(ids: readonly number[]): Uint8Array {
  const writer = new BinaryWriter();
  let last = 0;
  for (let at = 0; at < ids.length;) {
    const first = ids[at] ?? 0;
    let length = 1;
    while (ids[at + length] === first + length) length += 1;
    writer.sint32(first - last).uint32(length);
    last = first + length - 1;
    at += length;
  }
  return writer.finish();
}

function unpackIds(packed: Uint8Array): number[] {
  const ids: number[] = [];
  const reader = new BinaryReader(packed);
  let last = 0;
  while (reader.pos < reader.len) {
    const first = last + reader.sint32();
    last = first + reader.uint32() - 1;
    for (let id = first; id <= last; id += 1) ids.push(id);
  }
  return ids;
}
