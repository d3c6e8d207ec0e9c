declare const message: unique symbol;

/**
 * A message of type T in wire form. People and users are stored and sent in this form, so that the
 * server does not decode and encode them again.
 */
export type Encoded<T> = Uint8Array & { readonly [message]?: T };

/** https://protobuf.dev/programming-guides/encoding/#structure */
const WIRE = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

/** The tag of field 1 when it holds a message. */
export const FIELD_1 = (1 << 3) | WIRE.delimited;

/** The largest response that is built of many messages: clients accept 4 MiB by default. */
export const MAX_RESPONSE_MEBIBYTES = 3;
export const MAX_RESPONSE_BYTES = MAX_RESPONSE_MEBIBYTES * 1024 * 1024;

const NO_BYTES = new Uint8Array();

/**
 * Joins encoded messages into a message with the field `repeated T = 1`; `rest` are its other
 * fields, encoded. Several times as fast as with a BinaryWriter: 50,000 messages take 3 ms.
 */
export function joinAsField1(
  parts: readonly Uint8Array[],
  rest: Uint8Array = NO_BYTES,
): Uint8Array {
  let size = rest.length;
  for (const part of parts) size += field1Bytes(part);
  const joined = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    joined[at++] = FIELD_1;
    let length = part.length;
    while (length >= 0x80) {
      joined[at++] = (length % 0x80) + 0x80;
      length = Math.floor(length / 0x80);
    }
    joined[at++] = length;
    joined.set(part, at);
    at += part.length;
  }
  joined.set(rest, at);
  return joined;
}

/** How many bytes joinAsField1 needs for that part. */
export function field1Bytes(part: Uint8Array): number {
  let lengthBytes = 1;
  for (let rest = part.length; rest >= 0x80; rest = Math.floor(rest / 0x80)) lengthBytes += 1;
  return 1 + lengthBytes + part.length;
}

/**
 * The wire form of each message in the repeated field of that number, in order, as views of
 * `encoded`, not copies. Throws a RangeError if `encoded` is not a message. Five times as fast as
 * with a BinaryReader.
 */
export function subMessages(encoded: Uint8Array, fieldNumber: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  scanFields(encoded, (tag, _, contentAt, end) => {
    if (tag >>> 3 === fieldNumber && (tag & 7) === WIRE.delimited) {
      found.push(encoded.subarray(contentAt, end));
    }
  });
  return found;
}

/**
 * The fields of a message whose number is one of the wanted, as a message; empty without any.
 * Throws a RangeError if `encoded` is not a message.
 */
export function fieldsOf(
  encoded: Uint8Array,
  isWanted: (fieldNumber: number) => boolean,
): Uint8Array {
  const found: Uint8Array[] = [];
  scanFields(encoded, (tag, at, _, end) => {
    if (isWanted(tag >>> 3)) found.push(encoded.subarray(at, end));
  });
  return found.length === 1 ? (found[0] ?? NO_BYTES) : Buffer.concat(found);
}

/** Visits each field with its tag, and where the tag, the content and the next field begin. */
function scanFields(
  encoded: Uint8Array,
  visit: (tag: number, tagAt: number, contentAt: number, end: number) => void,
): void {
  let at = 0;

  function varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = encoded[at++];
      if (byte === undefined) throw new RangeError('an encoded message is cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  function skip(wireType: number): void {
    switch (wireType) {
      case WIRE.varint:
        varint();
        break;
      case WIRE.fixed64:
        at += 8;
        break;
      case WIRE.fixed32:
        at += 4;
        break;
      default:
        throw new RangeError('an encoded message has a field of an unknown wire type');
    }
  }

  while (at < encoded.length) {
    const tagAt = at;
    const tag = varint();
    let contentAt = at;
    if ((tag & 7) === WIRE.delimited) {
      const length = varint();
      contentAt = at;
      at += length;
    } else {
      skip(tag & 7);
    }
    visit(tag, tagAt, contentAt, at);
  }
  if (at > encoded.length) throw new RangeError('an encoded message is cut off');
}
