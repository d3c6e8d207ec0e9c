import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { RouteNote } from '../../../gen/routeguide/route_guide.js';
import { brokenFrames } from '../../test-support/attacks/frame-floods.js';
import {
  dataFrames,
  FrameType,
  grpcHeaders,
  headersFrame,
  rawConnection,
} from '../../test-support/attacks/raw-connection.js';
import { messageOf, statusOf } from '../../test-support/grpc-calls.js';
import { Code } from '../code.js';
import { serve, type Served } from './serve.test.support.js';

const ROUTE_CHAT = '/routeguide.RouteGuide/RouteChat';

let served: Served;

async function serveWith(quietMs: number, timeoutMs: number): Promise<void> {
  const keepalive = { quietMs, timeoutMs };
  served = await serve(
    {
      routeChat: async function* (notes) {
        for await (const note of notes) yield note;
      },
    },
    [],
    {},
    keepalive,
  );
}

afterEach(async () => {
  await served.close();
});

it('closes a connection that does not reply to a PING', async () => {
  await serveWith(50, 50);
  using connection = await rawConnection(served.address, { acknowledge: false });
  await connection.closed;
  expect(connection.received.get(FrameType.PING)).toBe(1);
});

it('keeps a quiet connection that replies to PINGs', async () => {
  await serveWith(50, 50);
  using connection = await rawConnection(served.address);
  await connection.until(FrameType.PING, 5);
  expect(connection.socket.destroyed).toBe(false);
});

it('counts whatever arrives as a reply: a PING may be behind much else', async () => {
  await serveWith(50, 50);
  using connection = await rawConnection(served.address, { acknowledge: false });
  await connection.write(headersFrame(1, grpcHeaders(ROUTE_CHAT)));
  for (let sent = 0; sent < 20; sent += 1) {
    await connection.write(dataFrames(1, Buffer.alloc(5), false));
    await connection.until(FrameType.DATA, sent + 1);
    await wait(20);
  }
  expect(connection.socket.destroyed).toBe(false);
});

it('closes connections within seconds whose clients break the rules of HTTP/2', async () => {
  // Keepalive alone would take two minutes.
  await serveWith(60_000, 60_000);
  const kept = await Promise.all(
    brokenFrames.map(async ([name, bytes]) => {
      using connection = await rawConnection(served.address);
      await connection.write(bytes());
      await connection.roundTrip();
      return connection.socket.destroyed ? [] : [name];
    }),
  );
  // These two are errors of a stream.
  expect(kept.flat()).toEqual([
    'a stream with a lower number than the last',
    'HEADERS on a stream that has ended',
  ]);
});

it('lets calls finish while the server stops', async () => {
  await serveWith(50, 50);
  const routing = served.client().routeChat();
  const end = statusOf(routing);
  routing.write(RouteNote.fromPartial({ message: 'a' }));
  await messageOf(routing);
  const stopped = new Promise((resolve) => {
    served.server.tryShutdown(resolve);
  });
  // Node sends no PINGs on a session that is closing: the next ones would be due meanwhile.
  await Promise.race([wait(300), end]);
  routing.end();
  expect((await end).code).toBe(Code.OK);
  await stopped;
});

it('keeps a connection whose client stops reading for a while, and then goes on', async () => {
  await serveWith(500, 5000);
  using connection = await rawConnection(served.address);
  connection.socket.pause();
  await connection.write(headersFrame(1, grpcHeaders(ROUTE_CHAT)));
  await wait(1200);
  connection.socket.resume();
  await connection.roundTrip();
  expect(connection.socket.destroyed).toBe(false);
  connection.socket.destroy();
  await once(connection.socket, 'close');
});
