import { BinaryReader } from '@bufbuild/protobuf/wire';
import { DirectoryError } from '../directory/errors.js';

/** The generated functions of a message type that a server needs. */
export interface MessageType {
  encode(message: never): { finish(): Uint8Array };
  decode(reader: BinaryReader): unknown;
}

class InvalidUtf8Error extends Error {
  override readonly name = 'InvalidUtf8Error';
}

class TooManyFieldsError extends Error {
  override readonly name = 'TooManyFieldsError';
}

/**
 * Decoding stops at that many fields and lengths of a message, at all levels together: an empty
 * phone has two bytes on the wire and a hundred in memory. This is more than 1 MiB of people has,
 * and takes 15 ms.
 */
const MAX_FIELDS = 300_000;

/** Fields are counted in larger messages only; no field has less than two bytes. */
const UNCOUNTED_BYTES = 16 * 1024;

const STRICT_DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes a message. Fails with a PublicError, reason `invalid`, if it is malformed or contains text
 * that is not valid UTF-8: by default, a generated `decode` replaces invalid bytes by U+FFFD.
 */
export function decodeMessage(type: MessageType, bytes: Uint8Array): unknown {
  try {
    const reader = new BinaryReader(bytes, decodeUtf8);
    if (bytes.length > MAX_FIELDS) skim(new BinaryReader(bytes));
    if (bytes.length > UNCOUNTED_BYTES) countFields(reader);
    return type.decode(reader);
  } catch (error) {
    throw undecodable(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof InvalidUtf8Error) return 'its text is not valid UTF-8';
  if (error instanceof TooManyFieldsError) return `it has more than ${MAX_FIELDS} fields`;
  return 'it is malformed';
}

/** Counts the fields of the outermost level, a third of the time of decoding them, and no memory. */
function skim(reader: BinaryReader): void {
  countFields(reader);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    reader.skip(wireType, field);
  }
}

/** Generated code reads each tag and each length with `uint32`, in nested messages, too. */
function countFields(reader: BinaryReader): void {
  const read = reader.uint32.bind(reader);
  let left = MAX_FIELDS;
  reader.uint32 = () => {
    left -= 1;
    if (left < 0) throw new TooManyFieldsError('too many fields');
    return read();
  };
}

/** The error for a request message that cannot be decoded; `why` is a clause: `it is malformed`. */
export function undecodable(why: string): DirectoryError {
  return new DirectoryError('invalid', `the request message cannot be decoded: ${why}`, {
    code: 'UNDECODABLE_MESSAGE',
  });
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return STRICT_DECODER.decode(bytes);
  } catch (cause) {
    throw new InvalidUtf8Error('invalid UTF-8', { cause });
  }
}

/** The wire form of a response: bytes are in wire form already, a message is encoded. */
export function encodeMessage(type: MessageType, response: unknown): Uint8Array {
  return response instanceof Uint8Array ? response : type.encode(response as never).finish();
}
