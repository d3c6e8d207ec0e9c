import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { makeFrameCalls, type FrameCalls } from './frame-client.js';
import { frames } from './raw-client.js';

const MESSAGE = frames([Buffer.from('response')]);
const PATH = '/package.Service/Method';

const server = createServer();
const received: { readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = [];
let highestInFlight = 0;
let inFlight = 0;
let isFailing = false;

beforeAll(async () => {
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined);
    highestInFlight = Math.max(highestInFlight, (inFlight += 1));
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('close', () => (inFlight -= 1));
    stream.on('end', () => {
      received.push({ headers, body: Buffer.concat(chunks) });
      respond(stream);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

beforeEach(() => {
  received.length = highestInFlight = 0;
  isFailing = false;
});

afterAll(async () => {
  server.close();
  await once(server, 'close');
});

it('makes each call with the headers of gRPC and its request, as many at a time as asked', async () => {
  expect(await makeFrameCalls(callsOf(500, 10))).toBe(500);
  const bodies = received.map(({ body }) => body.toString());
  expect(bodies).toEqual(Array.from({ length: 500 }, (_, index) => `request ${index}`));
  expect(new Set(received.map(({ headers }) => JSON.stringify(headers)))).toEqual(
    new Set([
      JSON.stringify({
        ':method': 'POST',
        ':scheme': 'http',
        ':path': PATH,
        ':authority': `127.0.0.1:${portOf()}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      }),
    ]),
  );
  // A stream is closed a moment after its client has the response.
  expect(highestInFlight).toBeGreaterThanOrEqual(10);
  expect(highestInFlight).toBeLessThanOrEqual(20);
});

it('rejects when a call has no message', async () => {
  isFailing = true;
  await expect(makeFrameCalls(callsOf(10, 1))).rejects.toThrow(`${PATH}: no response`);
});

it('rejects requests that do not fit into the window together', async () => {
  const next = (): Buffer => Buffer.alloc(1000);
  await expect(makeFrameCalls({ ...callsOf(10, 100), next })).rejects.toThrow('below 32 KiB');
});

function portOf(): number {
  return (server.address() as AddressInfo).port;
}

function callsOf(count: number, atATime: number): FrameCalls {
  let made = 0;
  const next = (): Buffer | undefined =>
    made === count ? undefined : Buffer.from(`request ${made++}`);
  return { port: portOf(), path: PATH, inFlight: atATime, next };
}

function respond(stream: ServerHttp2Stream): void {
  if (isFailing) {
    stream.respond({ ':status': 200, 'grpc-status': 5 }, { endStream: true });
    return;
  }
  stream.respond({ ':status': 200 }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
  stream.end(MESSAGE);
}
