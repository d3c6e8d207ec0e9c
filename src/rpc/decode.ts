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

const STRICT_DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes a message. Fails with a PublicError, reason `invalid`, if it is malformed or contains text
 * that is not valid UTF-8: by default, a generated `decode` replaces invalid bytes by U+FFFD.
 */
export function decodeMessage(type: MessageType, bytes: Uint8Array): unknown {
  try {
    return type.decode(new BinaryReader(bytes, decodeUtf8));
  } catch (error) {
    throw undecodable(
      error instanceof InvalidUtf8Error ? 'its text is not valid UTF-8' : 'it is malformed',
    );
  }
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
