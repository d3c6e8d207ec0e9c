import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

declare const message: unique symbol;

/**
 * A message of type T in wire form. People and users are stored and sent in this form, so that
 * nothing is decoded only to be encoded again.
 */
export type Encoded<T> = Uint8Array & { readonly [message]?: T };

/** The tag of field 1 when it holds a message. */
export const FIELD_1 = (1 << 3) | WireType.LengthDelimited;

/** Joins encoded messages into a message whose only field is `repeated T = 1`. */
export function joinAsField1(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const part of parts) writer.uint32(FIELD_1).bytes(part);
  return writer.finish();
}

/**
 * The wire form of each message in the repeated field of that number, in order.
 * The results are views of `encoded`, not copies.
 */
export function subMessages(encoded: Uint8Array, fieldNumber: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new BinaryReader(encoded);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === fieldNumber && wireType === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(wireType, field);
  }
  return found;
}
