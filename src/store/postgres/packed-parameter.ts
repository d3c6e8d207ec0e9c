import { intArray } from './database.js';

/** Bytes of several messages as three parameters: `pg` would write an array of them as hex text. */
export type PackedParameter = readonly [bytes: Buffer, offsets: string, lengths: string];

/** Packs messages for a statement that takes them apart by `substring(bytes from ... for ...)`. */
export function packParameter(messages: readonly Uint8Array[]): PackedParameter {
  const offsets: number[] = [];
  let end = 1;
  for (const { length } of messages) {
    offsets.push(end);
    end += length;
  }
  return [Buffer.concat(messages), intArray(offsets), intArray(messages.map((m) => m.length))];
}
