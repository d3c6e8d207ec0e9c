import { deflateSync, gzipSync } from 'node:zlib';
import { Feature, Point, RouteNote, RouteSummary } from '../../../gen/routeguide/route_guide.js';
import { compressedBombs, unfinishedMessages } from '../../test-support/attacks/message-floods.js';
import { Code } from '../code.js';
import { countOf, frame, messagesOf, rawCall, serve, type Served } from './serve.test.support.js';

const GET_FEATURE = '/routeguide.RouteGuide/GetFeature';
const RECORD_ROUTE = '/routeguide.RouteGuide/RecordRoute';

let served: Served;

beforeEach(async () => {
  served = await serve({
    getFeature: () => Feature.fromPartial({ name: 'here' }),
    recordRoute: async (points) => RouteSummary.fromPartial({ pointCount: await countOf(points) }),
    routeChat: async function* (notes) {
      for await (const note of notes) yield note;
    },
  });
});

afterEach(async () => {
  await served.close();
});

/** Sends one message of that many bytes, by a field that the contract does not have. */
async function sendBytes(method: string, bytes: number): Promise<Code> {
  const length = bytes - 5;
  const prefix = Buffer.from([0x7a, (length & 0x7f) | 0x80, (length >> 7) | 0x80, length >> 14]);
  const message = Buffer.concat([prefix, Buffer.alloc(bytes - prefix.length)]);
  message[3] = (length >> 14) & 0x7f;
  const { session, stream } = await rawCall(served.address, method);
  stream.end(frame(message));
  stream.resume();
  const { code } = await served.nextEnd();
  session.destroy();
  return code;
}

it.each([
  ['GetFeature', 64 * 1024],
  ['RecordRoute', 1024 * 1024],
])('limits each message of %s to %i bytes', async (method, bytes) => {
  expect(await sendBytes(method, bytes + 1)).toBe(Code.RESOURCE_EXHAUSTED);
  // The rest of the message is not read as a point: it has a length of its own.
  expect(await sendBytes(method, bytes)).not.toBe(Code.RESOURCE_EXHAUSTED);
});

it('refuses a message that decompresses to more than the limit', async () => {
  using bombs = await compressedBombs(served.address, { path: GET_FEATURE, calls: 5 });
  expect(bombs.statuses).toEqual(Array(5).fill(String(Code.RESOURCE_EXHAUSTED)));
  expect(served.ended.map(({ code }) => code)).toEqual(Array(5).fill(Code.RESOURCE_EXHAUSTED));
});

it('decompresses a message only when the handler asks for it', async () => {
  const own = await serve({
    recordRoute: async (points) => {
      await points[Symbol.asyncIterator]().next();
      return RouteSummary.fromPartial({ pointCount: 1 });
    },
  });
  const inflatedBytes = 60_000;
  const flood = { path: RECORD_ROUTE, calls: 1, inflatedBytes, messages: 500 };
  using bombs = await compressedBombs(own.address, flood);
  expect(bombs.statuses).toEqual(['0']);
  // The call reads 64 KiB ahead; all messages are 30 MB.
  expect(own.ended[0]?.receivedBytes).toBeLessThanOrEqual(3 * inflatedBytes);
  await own.close();
});

it.each(['gzip', 'deflate'])('reads messages in %s, in order', async (encoding) => {
  const compress = encoding === 'gzip' ? gzipSync : deflateSync;
  const { session, stream } = await rawCall(served.address, 'RouteChat', {
    'grpc-encoding': encoding,
  });
  const texts = ['one', 'two', 'three'.repeat(100), 'four'];
  for (const message of texts) {
    const note = RouteNote.encode(RouteNote.fromPartial({ message })).finish();
    const sent = frame(message === 'two' ? note : compress(note));
    if (message !== 'two') sent.writeUInt8(1, 0);
    stream.write(sent);
  }
  stream.end();
  const received: string[] = [];
  for await (const message of messagesOf(stream)) received.push(RouteNote.decode(message).message);
  expect(received).toEqual(texts);
  session.destroy();
});

it.each([
  ['br', Code.UNIMPLEMENTED],
  ['gzip', Code.INVALID_ARGUMENT],
])('refuses a message that is not in %s as it says, or cannot be', async (encoding, code) => {
  const { session, stream } = await rawCall(served.address, 'GetFeature', {
    'grpc-encoding': encoding,
  });
  const sent = frame(Point.encode(Point.fromPartial({ latitude: 1 })).finish());
  sent.writeUInt8(1, 0);
  stream.end(sent);
  stream.resume();
  expect((await served.nextEnd()).code).toBe(code);
  session.destroy();
});

it('refuses a message that is too large by its prefix', async () => {
  using flood = await unfinishedMessages(served.address, { path: RECORD_ROUTE, calls: 20 });
  for (let call = 0; call < 20; call += 1) {
    expect((await served.nextEnd()).code).toBe(Code.RESOURCE_EXHAUSTED);
  }
  expect(served.dispatcher.active).toBe(0);
  expect(flood.session.destroyed).toBe(false);
});
