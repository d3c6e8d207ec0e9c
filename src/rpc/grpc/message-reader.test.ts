import { frame } from '../../test-support/raw-http2.js';
import { MessageReader } from './message-reader.js';

const MEBIBYTE = 1024 * 1024;

/** The messages that a reader takes out of a stream which arrives in chunks of these sizes. */
function taken(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const reader = new MessageReader(MEBIBYTE);
  const messages: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < stream.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    reader.add(stream.subarray(at, at + size));
    at += size;
    for (let message = reader.next(); message !== undefined; message = reader.next()) {
      messages.push(message);
    }
  }
  expect(reader.heldBytes).toBe(0);
  return messages;
}

it.each([[[1]], [[7, 3]], [[16_384]], [[16_384, 5, 65_536]], [[1_000_000]]])(
  'takes messages of all sizes out of chunks of %j bytes, in order',
  (sizes) => {
    const lengths = [0, 3, 40_000, 1, 32_767, 32_768, 16_384, 100_000, 2];
    const messages = lengths.map((length, index) => Buffer.alloc(length, index + 1));
    const stream = Buffer.concat(messages.map((message) => frame(message)));
    const read = taken(stream, sizes);
    expect(read.map(({ length }) => length)).toEqual(lengths);
    expect(Buffer.concat(read).equals(Buffer.concat(messages))).toBe(true);
  },
);

it('counts what has arrived of a large message', () => {
  const reader = new MessageReader(MEBIBYTE);
  reader.add(frame(Buffer.alloc(100_000)).subarray(0, 50_005));
  expect(reader.next()).toBeUndefined();
  expect(reader.heldBytes).toBe(50_000);
  reader.add(Buffer.alloc(49_999));
  expect(reader.next()).toBeUndefined();
  expect(reader.heldBytes).toBe(99_999);
  reader.add(Buffer.alloc(3));
  expect(reader.heldBytes).toBe(100_002);
  expect(reader.next()).toHaveLength(100_000);
  expect(reader.heldBytes).toBe(2);
});

it('takes no more memory for large messages that are not complete than has arrived of them', () => {
  const chunk = Buffer.alloc(16 * 1024);
  const prefix = Buffer.from(frame(Buffer.alloc(MEBIBYTE)).subarray(0, 5));
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 50 }, () => {
    const reader = new MessageReader(MEBIBYTE);
    reader.add(prefix);
    for (let index = 0; index < 63; index += 1) {
      expect(reader.next()).toBeUndefined();
      reader.add(chunk);
    }
    return reader;
  });
  const held = readers.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  expect(held).toBe(50 * 63 * chunk.length);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(held * 1.2);
});
