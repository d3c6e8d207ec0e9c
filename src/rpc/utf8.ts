import { configureTextEncoding } from '@bufbuild/protobuf/wire';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What decoding a message throws when its text is not valid UTF-8. */
export class InvalidUtf8 extends Error {
  override readonly name = 'InvalidUtf8';
}

/**
 * From here on every generated message of this process refuses text that is not valid UTF-8: its
 * `decode` throws InvalidUtf8 instead of putting U+FFFD where bytes were wrong. A server calls this
 * once, before its first message; calling it again changes nothing.
 */
export function refuseInvalidUtf8(): void {
  // The way that replaced it is a TextDecoder of our own on globalThis, for the whole process.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  configureTextEncoding({
    encodeUtf8: (text) => encoder.encode(text),
    encodeUtf8Into: (text, target) => encoder.encodeInto(text, target),
    decodeUtf8,
    checkUtf8: (text) => text.isWellFormed(),
  });
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new InvalidUtf8('the text is not valid UTF-8', { cause });
  }
}
