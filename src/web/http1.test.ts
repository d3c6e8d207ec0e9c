import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Feature } from '../../gen/routeguide/route_guide.js';
import type { Middleware } from '../rpc/index.js';
import { tcpConnection } from '../test-support/attacks/raw-connection.js';
import { deferred } from '../test-support/deferred.js';
import { serveRouteGuide } from './web.test.support.js';

function getFeature(body: string): string {
  return post('GetFeature', body);
}

function post(method: string, body: string): string {
  return [
    `POST /routeguide.RouteGuide/${method} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

/** Collects what arrives; resolves once it contains the text that many times. */
async function until(socket: Socket, part: string, times: number): Promise<string> {
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  while (received.split(part).length <= times) await once(socket, 'data');
  return received;
}

it('serves requests that were sent ahead one after the other', async () => {
  let active = 0;
  let most = 0;
  const guide = await serveRouteGuide({
    getFeature: async ({ latitude }) => {
      active += 1;
      most = Math.max(most, active);
      await new Promise((resolve) => setImmediate(resolve));
      active -= 1;
      return Feature.fromPartial({ name: `at ${latitude}` });
    },
  });
  const socket = await tcpConnection(guide.address);
  socket.write([1, 2, 3, 4, 5].map((at) => getFeature(`{"latitude":${at}}`)).join(''));
  const received = await until(socket, '"at ', 5);
  expect(received.match(/at \d/g)).toEqual(['at 1', 'at 2', 'at 3', 'at 4', 'at 5']);
  expect(most).toBe(1);
  socket.destroy();
  await guide.stop();
});

it('closes a connection that sends more than 32 requests ahead, and ends its call', async () => {
  let calls = 0;
  const called = deferred();
  const proceed = deferred();
  const guide = await serveRouteGuide({
    getFeature: async () => {
      calls += 1;
      called.resolve();
      await proceed.promise;
      return Feature.fromPartial({});
    },
  });
  const socket = await tcpConnection(guide.address);
  const closed = once(socket.resume(), 'close');
  socket.write(getFeature('{}').repeat(33));
  await called.promise;
  expect(socket.destroyed).toBe(false);
  const ended = guide.nextEnd();
  socket.write(getFeature('{}').repeat(100));
  await closed;
  expect((await ended).code).toBe(1);
  proceed.resolve();
  expect(calls).toBe(1);
  await guide.stop();
});

it('begins with requests of many connections in turns of the event loop', async () => {
  const perTurn = [0];
  const busy: Middleware = (_, next) => {
    if (perTurn.at(-1) === 0) setImmediate(() => perTurn.push(0));
    perTurn.push((perTurn.pop() ?? 0) + 1);
    const endMs = performance.now() + 2;
    while (performance.now() < endMs);
    next();
  };
  const getFeatureHandler = (): Feature => Feature.fromPartial({ name: 'here' });
  const guide = await serveRouteGuide({ getFeature: getFeatureHandler }, { middleware: [busy] });
  const sockets = await Promise.all(Array.from({ length: 50 }, () => tcpConnection(guide.address)));
  const callOnAll = async (): Promise<void> => {
    for (const socket of sockets) socket.write(getFeature('{}'));
    await Promise.all(sockets.map((socket) => until(socket, 'here', 1)));
  };
  // Node accepts one connection per turn; the second requests arrive together.
  await callOnAll();
  perTurn.splice(0, perTurn.length, 0);
  await callOnAll();
  expect(perTurn.reduce((sum, count) => sum + count)).toBe(50);
  expect(Math.max(...perTurn)).toBeLessThan(15);
  for (const socket of sockets) socket.destroy();
  await guide.stop();
});

it('makes JSON of at most 250 responses of a stream at a time', async () => {
  const features = Array.from({ length: 1000 }, (_, at) => Feature.fromPartial({ name: `${at}` }));
  const guide = await serveRouteGuide({
    listFeatures: async function* () {
      yield await Promise.resolve(features);
    },
  });
  const socket = await tcpConnection(guide.address);
  socket.write(post('ListFeatures', '{}'));
  const received = await until(socket, '\r\n0\r\n', 1);
  // Each part is a chunk of HTTP/1.1: its length in hexadecimal, then so many bytes.
  const chunks = received.split(/\r\n[0-9a-f]+\r\n/).slice(1, -1);
  const lines = chunks.map((chunk) => chunk.split('\n').filter((line) => line !== '').length);
  expect(lines.reduce((sum, count) => sum + count)).toBe(1000);
  expect(Math.max(...lines)).toBe(250);
  socket.destroy();
  await guide.stop();
});
