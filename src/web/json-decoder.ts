import { Code, ConnectError } from '@connectrpc/connect';

/**
 * How many values and members a JSON message may have, at all levels together: an empty object has
 * three bytes on the wire and 200 in memory. Reading so many takes about 150 ms.
 */
const MAX_PARTS = 100_000;

const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;

const STRICT = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes the text of a JSON message for the library. Throws a ConnectError if it is not valid UTF-8
 * or has too many parts; it is called before any object is made of the text.
 */
export const jsonDecoder = {
  decode: (json: Uint8Array): string => {
    if (json.length > MAX_PARTS) countParts(json);
    try {
      return STRICT.decode(json);
    } catch {
      throw new ConnectError(
        'cannot decode message from JSON: its text is not valid UTF-8',
        Code.InvalidArgument,
      );
    }
  },
};

function countParts(json: Uint8Array): void {
  let parts = 0;
  for (const byte of json) if (byte === COMMA || byte === OPEN_BRACE) parts += 1;
  if (parts <= MAX_PARTS) return;
  throw new ConnectError(
    `cannot decode message from JSON: it has more than ${MAX_PARTS} parts`,
    Code.InvalidArgument,
  );
}
