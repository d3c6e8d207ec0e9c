import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { callAtRate } from './paced-calls.js';
import { connectAll, frames, type Connection } from './raw-client.js';

const MESSAGE = frames([Buffer.from('response')]);
const PATH = '/package.Service/Method';
const PER_SECOND = 500;

/** What the server was sent: when each call arrived, and on which connection. */
interface Arrival {
  readonly atMs: number;
  readonly session: unknown;
}

const server = createServer();
const arrivals: Arrival[] = [];
let connections: Connection[] = [];
let respond: (stream: ServerHttp2Stream) => void = succeed;

beforeAll(async () => {
  server.on('stream', (stream: ServerHttp2Stream) => {
    arrivals.push({ atMs: performance.now(), session: stream.session });
    respond(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

beforeEach(async () => {
  arrivals.length = 0;
  respond = succeed;
  connections = await connectAll([(server.address() as AddressInfo).port], 2);
});

afterEach(() => {
  for (const connection of connections) connection.destroy();
});

afterAll(async () => {
  server.close();
  await once(server, 'close');
});

it('begins the calls at the rate, on the connections in turn, and measures each', async () => {
  const latenciesMs = await callAtRate(connections, PATH, requestsOf(100), PER_SECOND);
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  const tookMs = (last?.atMs ?? NaN) - (first?.atMs ?? NaN);
  // 99 calls after the first one, which begins immediately.
  expect(tookMs).toBeGreaterThan(150);
  expect(latenciesMs).toHaveLength(100);
  expect([...latenciesMs].every((ms) => ms > 0)).toBe(true);
  const onFirst = arrivals.filter(({ session }) => session === first?.session).length;
  expect(onFirst).toBe(50);
});

it('counts a pause of the server for every call that was due in it', async () => {
  const held: ServerHttp2Stream[] = [];
  const PAUSED_CALLS = 50;
  respond = (stream) => {
    if (held.push(stream) < PAUSED_CALLS) return;
    for (const one of held) succeed(one);
    respond = succeed;
  };
  const latenciesMs = await callAtRate(connections, PATH, requestsOf(100), PER_SECOND);
  // The calls of the pause were due one after the other, 2 ms apart.
  const slow = [...latenciesMs].filter((ms) => ms >= 50);
  expect(Math.max(...latenciesMs)).toBeGreaterThan(90);
  expect(slow.length).toBeGreaterThan(20);
});

it('rejects at the first call that fails, and begins no others', async () => {
  respond = (stream) => {
    if (arrivals.length < 10) succeed(stream);
    else stream.respond({ ':status': 200, 'grpc-status': 5 }, { endStream: true });
  };
  await expect(callAtRate(connections, PATH, requestsOf(10_000), PER_SECOND)).rejects.toThrow(
    'grpc-status 5',
  );
  const begun = arrivals.length;
  await new Promise((resolve) => setImmediate(resolve));
  expect(arrivals.length).toBeLessThan(begun + 10);
  expect(begun).toBeLessThan(1_000);
});

function requestsOf(count: number): Buffer[] {
  return Array.from({ length: count }, () => MESSAGE);
}

function succeed(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200 }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
  stream.end(MESSAGE);
}
