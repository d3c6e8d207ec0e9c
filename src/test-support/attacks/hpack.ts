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
