/** A message of a Connect stream. */
export interface Envelope {
  /** Whether it is the last one, whose data is JSON. */
  readonly isEnd: boolean;
  readonly data: Uint8Array;
}

const PREFIX_BYTES = 5;
const COMPRESSED = 0b01;
const END_OF_STREAM = 0b10;

/** Joins messages into one body: a byte of flags and the length before each. */
export function joinEnvelopes(messages: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = messages.reduce((sum, { length }) => sum + PREFIX_BYTES + length, 0);
  const body = new Uint8Array(bytes);
  const view = new DataView(body.buffer);
  let offset = 0;
  for (const message of messages) {
    view.setUint32(offset + 1, message.length);
    body.set(message, offset + PREFIX_BYTES);
    offset += PREFIX_BYTES + message.length;
  }
  return body;
}

/** Takes a stream apart into envelopes, however its bytes are cut. */
export class EnvelopeReader {
  #rest = new Uint8Array();

  /** Whether the bytes so far end in the middle of an envelope. */
  get isIncomplete(): boolean {
    return this.#rest.length > 0;
  }

  /** Adds bytes, and returns the envelopes that are complete now. Throws at a compressed one. */
  read(chunk: Uint8Array): Envelope[] {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const envelopes: Envelope[] = [];
    let offset = 0;
    while (bytes.length - offset >= PREFIX_BYTES) {
      const flags = view.getUint8(offset);
      const end = offset + PREFIX_BYTES + view.getUint32(offset + 1);
      if ((flags & COMPRESSED) !== 0) throw new TypeError('a message is compressed');
      if (end > bytes.length) break;
      const data = bytes.subarray(offset + PREFIX_BYTES, end);
      envelopes.push({ isEnd: (flags & END_OF_STREAM) !== 0, data });
      offset = end;
    }
    // A copy, so that the rest does not keep the whole chunk in memory.
    this.#rest = bytes.slice(offset);
    return envelopes;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
