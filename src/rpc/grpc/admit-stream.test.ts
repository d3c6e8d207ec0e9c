import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { Feature, RouteNote } from '../../../gen/routeguide/route_guide.js';
import { Code } from '../code.js';
import {
  badMetadata,
  connectRequests,
  halfOpenStreams,
  headerReferences,
} from '../../test-support/attacks/header-floods.js';
import { hpack } from '../../test-support/attacks/hpack.js';
import {
  FrameType,
  grpcHeaders,
  headersFrame,
  rawConnection,
} from '../../test-support/attacks/raw-connection.js';
import { frame, rawCall, serve, type Served } from './serve.test.support.js';

let served: Served;
let session: ClientHttp2Session;

beforeEach(async () => {
  served = await serve({
    getFeature: () => Feature.fromPartial({ name: 'here' }),
    routeChat: async function* (notes) {
      for await (const note of notes) yield note;
    },
  });
  session = connect(`http://${served.address}`, { maxSendHeaderBlockLength: 1_000_000 });
});

afterEach(async () => {
  session.destroy();
  await served.close();
});

interface Response {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

async function getFeature(extra: Record<string, string>): Promise<Response> {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/routeguide.RouteGuide/GetFeature',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...extra,
  });
  stream.end(frame(Buffer.alloc(0)));
  let trailers: IncomingHttpHeaders = {};
  stream.on('trailers', (received: IncomingHttpHeaders) => (trailers = received));
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  return { headers, body: await text(stream), trailers };
}

it.each([
  'application/grpc-web',
  'application/grpc-web+proto',
  'application/grpc-web-text',
  'application/json',
  'application/connect+proto',
  '',
])('responds to content-type "%s" with 415 and a text', async (contentType) => {
  const { headers, body } = await getFeature({ 'content-type': contentType });
  expect(headers[':status']).toBe(415);
  expect(body).toContain('content-type must be application/grpc');
  expect(body).toContain(contentType);
  expect(served.ended).toEqual([]);
});

it.each(['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8'])(
  'serves content-type "%s"',
  async (contentType) => {
    const { trailers } = await getFeature({ 'content-type': contentType });
    expect(trailers['grpc-status']).toBe('0');
  },
);

it('refuses more than 64 KiB of headers, and the other calls of the connection continue', async () => {
  const large = getFeature({ 'x-large': 'a'.repeat(66_000) });
  const others = Array.from({ length: 5 }, () => getFeature({ 'x-small': 'a'.repeat(60_000) }));
  expect((await large).headers).toMatchObject({
    'grpc-status': String(Code.RESOURCE_EXHAUSTED),
    'grpc-message': 'the request headers have more than 65536 bytes',
  });
  for (const { trailers } of await Promise.all(others)) expect(trailers['grpc-status']).toBe('0');
});

it.each(['25d', '30d', '90d', 'longest'])('serves a deadline of %s', async (name) => {
  const timeout = name === 'longest' ? '99999999H' : `${parseInt(name) * 24}H`;
  const headers = { 'grpc-timeout': timeout };
  const { session: own, stream } = await rawCall(served.address, 'RouteChat', headers);
  stream.write(frame(RouteNote.encode(RouteNote.fromPartial({ message: 'a' })).finish()));
  await once(stream, 'data');
  // A deadline that counted as passed would have ended the call by the time of this round trip.
  await getFeature({});
  expect(served.ended.filter(({ method }) => method.endsWith('RouteChat'))).toEqual([]);
  stream.end();
  stream.resume();
  const [trailers] = (await once(stream, 'trailers')) as [IncomingHttpHeaders];
  expect(trailers['grpc-status']).toBe('0');
  own.destroy();
});

it.each([
  ['3S junk', Code.INVALID_ARGUMENT],
  ['-1S', Code.INVALID_ARGUMENT],
  ['1.5S', Code.INVALID_ARGUMENT],
  ['5', Code.INVALID_ARGUMENT],
  ['123456789m', Code.INVALID_ARGUMENT],
  ['', Code.INVALID_ARGUMENT],
  ['0m', Code.DEADLINE_EXCEEDED],
  ['0S', Code.DEADLINE_EXCEEDED],
  ['999u', Code.DEADLINE_EXCEEDED],
])('refuses the deadline "%s" before any work', async (timeout, code) => {
  const { headers } = await getFeature({ 'grpc-timeout': timeout });
  expect(headers['grpc-status']).toBe(String(code));
  expect(served.ended).toEqual([]);
  expect(served.refused).toHaveLength(1);
});

it.each(['1m', '1S', '1000u', '1000000n'])('takes the deadline "%s"', async (timeout) => {
  const { trailers, headers } = await getFeature({ 'grpc-timeout': timeout });
  // A millisecond may pass meanwhile.
  const status = Number(trailers['grpc-status'] ?? headers['grpc-status']);
  expect([Code.OK, Code.DEADLINE_EXCEEDED]).toContain(status);
  expect(served.refused).toEqual([]);
});

it('refuses more than 64 headers', async () => {
  const many = Array.from({ length: 64 }, (_, index) => [`x-${index}`, 'a'] as const);
  const { headers } = await getFeature(Object.fromEntries(many));
  expect(headers['grpc-status']).toBe(String(Code.RESOURCE_EXHAUSTED));
  expect(headers['grpc-message']).toBe('the request has more than 64 headers');
  expect(served.refused).toEqual(['the request has more than 64 headers']);
});

it('refuses with a status that a grpc-js client understands', async () => {
  const client = new Client(served.address, credentials.createInsecure());
  const metadata = new Metadata();
  for (let count = 0; count < 64; count += 1) metadata.set(`x-${count}`, 'a');
  const pass = (bytes: Buffer): Buffer => bytes;
  const error = await new Promise<ServiceError | null>((resolve) => {
    const path = '/routeguide.RouteGuide/GetFeature';
    client.makeUnaryRequest(path, pass, pass, Buffer.alloc(0), metadata, {}, resolve);
  });
  client.close();
  expect(error).toMatchObject({
    code: Code.RESOURCE_EXHAUSTED,
    details: 'the request has more than 64 headers',
  });
});

it('counts each part of a binary header, because each becomes a buffer', async () => {
  const { headers } = await getFeature({ 'x-many-bin': ','.repeat(10_000) });
  expect(headers['grpc-status']).toBe(String(Code.RESOURCE_EXHAUSTED));
  const few = await getFeature({ 'x-few-bin': 'YWFh,YWFh' });
  expect(few.trailers['grpc-status']).toBe('0');
});

it('counts a large header again with each reference to it', async () => {
  using connection = await headerReferences(served.address, { requests: 50, references: 17 });
  expect(connection.received.get(FrameType.HEADERS)).toBe(50);
  expect(served.refused).toHaveLength(49);
  expect(served.refused[0]).toBe('the request headers have more than 65536 bytes');
});

it('serves a request with headers that it cannot read, without them', async () => {
  using connection = await badMetadata(served.address, { requests: 1, headers: 3 });
  expect(connection.received.get(FrameType.HEADERS)).toBe(1);
  expect(served.refused).toEqual([]);
  expect(served.ended).toHaveLength(1);
});

it('answers and closes CONNECT requests', async () => {
  using connection = await connectRequests(served.address, { requests: 90 });
  await connection.until(FrameType.RST_STREAM, 90);
  expect(connection.received.get(FrameType.HEADERS)).toBe(90);
  expect(served.refused).toEqual(Array(90).fill('not a POST'));
  expect(served.ended).toEqual([]);
});

it('resets CONNECT requests with a path', async () => {
  const path = '/routeguide.RouteGuide/GetFeature';
  using connection = await connectRequests(served.address, { requests: 90, path });
  await connection.until(FrameType.RST_STREAM, 1);
  expect(served.ended).toEqual([]);
});

it('answers other HTTP methods with 405', async () => {
  const { headers, body } = await getFeature({ ':method': 'PUT' });
  expect(headers[':status']).toBe(405);
  expect(body).toContain('every request must be a POST');
});

it('takes at most 100 streams at a time from one connection', async () => {
  using connection = await halfOpenStreams(served.address, {
    requests: 1000,
    path: '/routeguide.RouteGuide/RouteChat',
  });
  await connection.until(FrameType.RST_STREAM, 900);
  expect(served.dispatcher.active).toBe(100);
});

it('closes a connection that has had no call for a while', async () => {
  const own = await serve({}, [], { connectionIdleMs: 50 });
  using connection = await rawConnection(own.address);
  await connection.closed;
  expect(connection.received.has(FrameType.GOAWAY)).toBe(true);
  await own.close();
});

/** A server that counts the calls that arrive in each turn of the event loop. */
async function serveCounting(): Promise<{ own: Served; arrivals: readonly number[] }> {
  const arrivals: number[] = [];
  let turn = 0;
  const own = await serve({ getFeature: () => Feature.fromPartial({ name: 'here' }) }, [
    (_, next) => {
      if (arrivals[turn] === undefined) {
        setImmediate(() => {
          turn += 1;
        });
      }
      arrivals[turn] = (arrivals[turn] ?? 0) + 1;
      next();
    },
  ]);
  return { own, arrivals };
}

it('reads no more from a connection in a turn than the calls that it may have', async () => {
  const { own, arrivals } = await serveCounting();
  using connection = await rawConnection(own.address);
  const block = grpcHeaders('/routeguide.RouteGuide/GetFeature', { 'x-padding': 'a'.repeat(400) });
  const requests = Array.from({ length: 3000 }, (_, index) =>
    headersFrame(index * 2 + 1, block, true),
  );
  await connection.write(...requests);
  await connection.roundTrip();
  expect(arrivals.reduce((sum, count) => sum + count)).toBeGreaterThan(1000);
  // What was read together, 64 KiB, is taken together.
  expect(Math.max(...arrivals)).toBeLessThan(350);
  await own.close();
});

it('closes a connection on which a hundred requests are refused in one turn', async () => {
  using connection = await rawConnection(served.address);
  const block = Buffer.concat([
    hpack.literal(':method', 'CONNECT'),
    hpack.literal(':authority', 'a'),
  ]);
  await connection.write(
    ...Array.from({ length: 150 }, (_, index) => headersFrame(index * 2 + 1, block, true)),
  );
  await connection.closed;
  expect(served.refused).toHaveLength(100);
});

it('reads no more from a connection in a turn than 256 KiB of headers', async () => {
  const { own, arrivals } = await serveCounting();
  using connection = await rawConnection(own.address);
  const extra = { 'x-padding': 'a'.repeat(40_000) };
  const block = grpcHeaders('/routeguide.RouteGuide/GetFeature', extra);
  const requests = Array.from({ length: 100 }, (_, index) =>
    headersFrame(index * 2 + 1, block, true),
  );
  await connection.write(...requests);
  await connection.roundTrip();
  expect(arrivals.reduce((sum, count) => sum + count)).toBe(100);
  // Seven, and what was read together with the last.
  expect(Math.max(...arrivals)).toBeLessThan(12);
  await own.close();
});

it('closes a connection that brings 4 MiB of headers in one turn, by references', async () => {
  using connection = await headerReferences(served.address, { requests: 100, references: 15 });
  await connection.closed;
  expect(served.refused).toEqual(['too many headers on one connection']);
  expect(served.ended.length).toBeLessThan(75);
});

it('closes a connection that brings a thousand unreadable headers in one turn', async () => {
  using connection = await badMetadata(served.address, { requests: 100, headers: 20 });
  await connection.closed;
  expect(served.refused).toEqual(['too many headers on one connection']);
  expect(served.ended.length).toBeLessThan(55);
});
