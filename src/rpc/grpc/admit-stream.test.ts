import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { Feature, RouteNote } from '../../../gen/routeguide/route_guide.js';
import { Code } from '../code.js';
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
