import { Code, ConnectError } from '@connectrpc/connect';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Yields the objects of a JSON text as it arrives, without parsing them: the elements of an array, or
 * objects that follow each other, such as one per line. Throws a ConnectError at anything else, and
 * at an object with more than that many bytes.
 */
export async function* objectsOf(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const splitter = new ObjectSplitter(maxBytes);
  for await (const chunk of body) yield* splitter.add(chunk);
  splitter.end();
}

/** Finds where objects begin and end; whether what is in them is JSON is for their parser. */
class ObjectSplitter {
  readonly #maxBytes: number;
  /** Parts of an object that has begun. */
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Undefined until the first byte that is not blank. */
  #inArray: boolean | undefined;
  #afterArray = false;
  #needsComma = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *add(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#depth === 0) {
        if (byte === OPEN_BRACE) {
          this.#begin();
          start = at;
        } else {
          this.#between(byte);
        }
      } else if (this.#closes(byte)) {
        yield this.#take(chunk.subarray(start, at + 1));
      }
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(start));
  }

  end(): void {
    if (this.#depth > 0 || (this.#inArray === true && !this.#afterArray)) {
      throw malformed('it ends too early');
    }
  }

  #begin(): void {
    if (this.#afterArray || this.#needsComma) throw malformed('a comma is missing between objects');
    this.#inArray ??= false;
    this.#needsComma = this.#inArray;
    this.#depth = 1;
  }

  #between(byte: number): void {
    if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) return;
    if (byte === OPEN_BRACKET && this.#inArray === undefined) {
      this.#inArray = true;
    } else if (byte === CLOSE_BRACKET && this.#inArray === true && !this.#afterArray) {
      this.#afterArray = true;
    } else if (byte === COMMA && this.#needsComma && !this.#afterArray) {
      this.#needsComma = false;
    } else {
      throw malformed('it must be objects, or an array of objects');
    }
  }

  /** Whether the object ends with this byte. */
  #closes(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth -= 1;
    return this.#depth === 0;
  }

  #keep(part: Uint8Array): void {
    this.#parts.push(part);
    this.#partBytes += part.length;
    if (this.#partBytes <= this.#maxBytes) return;
    throw new ConnectError(
      `an object has more than ${this.#maxBytes} bytes`,
      Code.ResourceExhausted,
    );
  }

  #take(last: Uint8Array): Uint8Array {
    this.#keep(last);
    const [only] = this.#parts;
    const whole =
      this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partBytes = 0;
    return whole;
  }
}

function malformed(why: string): ConnectError {
  return new ConnectError(`cannot decode body from JSON: ${why}`, Code.InvalidArgument);
}
