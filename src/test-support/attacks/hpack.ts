/**
 * Header blocks written by hand (RFC 7541), because a client of Node refuses to send what a hostile
 * one does. Nothing is Huffman-coded.
 */
export const hpack = {
  /** A reference to an entry of the static table (1 to 61) or of the dynamic one (62: the newest). */
  indexed: (index: number): Buffer => integer(index, 7, 0x80),
  /** A header that the receiver also puts into its dynamic table. */
  indexing: (name: string, value: string): Buffer =>
    Buffer.concat([Buffer.of(0x40), text(name), text(value)]),
  /** A header that is not put into a table. */
  literal: (name: string, value: string): Buffer =>
    Buffer.concat([Buffer.of(0x00), text(name), text(value)]),
};

/** The newest entry of the dynamic table. */
export const NEWEST = 62;

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, 0), bytes]);
}

/** https://www.rfc-editor.org/rfc/rfc7541#section-5.1 */
function integer(value: number, prefixBits: number, flags: number): Buffer {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Buffer.of(flags | value);
  const bytes = [flags | max];
  let rest = value - max;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The headers of a block that are not the one with that index in the static table, in hexadecimal. */
export function withoutHeader(block: Buffer, index: number): string[] {
  const kept: string[] = [];
  for (let at = 0; at < block.length;) {
    const start = at;
    const first = block.readUInt8(at);
    const prefixBits = first >= 0x80 ? 7 : first >= 0x40 ? 6 : first >= 0x20 ? 5 : 4;
    let [value, end] = readInteger(block, at, prefixBits);
    // A reference to a whole header, or the size of the table, has nothing after it.
    const texts = first >= 0x80 || (first >= 0x20 && first < 0x40) ? 0 : value === 0 ? 2 : 1;
    const name = value;
    for (let count = 0; count < texts; count += 1) {
      [value, end] = readInteger(block, end, 7);
      end += value;
    }
    if (name !== index) kept.push(block.toString('hex', start, end));
    at = end;
  }
  return kept;
}

/** The value, and where it ends. */
function readInteger(block: Buffer, at: number, prefixBits: number): [number, number] {
  const max = 2 ** prefixBits - 1;
  let value = block.readUInt8(at) & max;
  let end = at + 1;
  if (value < max) return [value, end];
  for (let factor = 1; ; factor *= 128) {
    const byte = block.readUInt8(end);
    end += 1;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, end];
  }
}
