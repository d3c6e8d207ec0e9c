import { deflateSync, gzipSync } from 'node:zlib';
import { Code } from '../code.js';
import { MessageInflater } from './message-inflater.js';

const MEBIBYTE = 1024 * 1024;

/** As a message travels, with the prefix that gRPC gives it. */
function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(5), message]);
}

function inflate(message: Buffer, encoding = 'gzip', maxBytes = MEBIBYTE): Promise<Buffer> {
  const inflater = new MessageInflater(maxBytes);
  inflater.next();
  return inflater.inflate(framed(message), encoding);
}

it.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
])('decompresses %s of any size up to the limit', async (encoding, compress) => {
  for (const bytes of [0, 1, 65_535, 65_536, 65_537, MEBIBYTE]) {
    const message = Buffer.alloc(bytes, 'ab');
    expect(message.equals(await inflate(compress(message), encoding))).toBe(true);
  }
  const status = { code: Code.RESOURCE_EXHAUSTED };
  for (const maxBytes of [1000, MEBIBYTE]) {
    const larger = compress(Buffer.alloc(maxBytes + 1));
    await expect(inflate(larger, encoding, maxBytes)).rejects.toMatchObject(status);
  }
});

it('does not begin with a message that says itself that it is too large', async () => {
  const message = Buffer.from('not gzip, '.repeat(200));
  const sized = (bytes: number): Buffer => Buffer.concat([message, sizeOf(bytes)]);
  await expect(inflate(sized(MEBIBYTE + 1))).rejects.toMatchObject({
    code: Code.RESOURCE_EXHAUSTED,
  });
  await expect(inflate(sized(MEBIBYTE))).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

it('takes a size that no compression reaches for that of a message that is cut off', async () => {
  const message = Buffer.concat([Buffer.from('cut off'), sizeOf(2 ** 32 - 1)]);
  await expect(inflate(message)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

it('decompresses large messages outside of the event loop, two at a time', async () => {
  const ended: string[] = [];
  const note = (name: string) => (): void => {
    ended.push(name);
  };
  const large = gzipSync(Buffer.alloc(MEBIBYTE));
  const all = ['large 1', 'large 2', 'large 3'].map((name) => inflate(large).then(note(name)));
  all.push(inflate(gzipSync(Buffer.alloc(1000))).then(note('small')));
  await Promise.all(all);
  expect(ended[0]).toBe('small');
  expect(ended[3]).toBe('large 3');
});

it('goes on after messages that cannot be decompressed', async () => {
  const cutOff = gzipSync(Buffer.alloc(MEBIBYTE)).subarray(0, -20);
  const broken = Array.from({ length: 5 }, () => inflate(cutOff));
  for (const result of broken) {
    await expect(result).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  }
  expect(await inflate(gzipSync(Buffer.alloc(MEBIBYTE)))).toHaveLength(MEBIBYTE);
});

function sizeOf(bytes: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes);
  return size;
}
