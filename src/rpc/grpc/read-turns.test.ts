import { once } from 'node:events';
import { connect } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Feature } from '../../../gen/routeguide/route_guide.js';
import type { Middleware } from '../middleware.js';
import { ReadTurns, type Reader } from './read-turns.js';
import { frame, serve } from './serve.test.support.js';

/** A connection that notes when it is read again. */
function readerOf(name: string, share: number, resumed: string[]): Reader {
  return { share, pause: () => () => resumed.push(name) };
}

it('reads connections that bring much in turns, those that have waited longest first', async () => {
  const turns = new ReadTurns();
  const resumed: string[] = [];
  for (const name of ['a', 'b', 'c', 'd']) turns.count(readerOf(name, 0.5, resumed), 0.5);
  await nextTurn();
  expect(resumed).toEqual(['a', 'b']);
  await nextTurn();
  expect(resumed).toEqual(['a', 'b', 'c', 'd']);
});

it('reads a connection that brings less more often', async () => {
  const turns = new ReadTurns();
  const resumed: string[] = [];
  const less = readerOf('less', 0.25, resumed);
  for (let index = 0; index < 20; index += 1) turns.count(readerOf(`${index}`, 1, resumed), 0.1);
  turns.count(less, 0.1);
  await nextTurn();
  await nextTurn();
  turns.count(less, 0.1);
  while (resumed.length < 22) await nextTurn();
  expect(resumed.indexOf('less')).toBe(0);
  expect(resumed.lastIndexOf('less')).toBeLessThan(12);
});

it('does not pause connections that bring little', async () => {
  const turns = new ReadTurns();
  const resumed: string[] = [];
  for (let client = 0; client < 100; client += 1) {
    turns.count(readerOf(`${client}`, 0.01, resumed), 0.01);
  }
  await nextTurn();
  expect(resumed).toEqual([]);
});

it('leaves connections for the next turn when much was read, and reads those first that bring little', async () => {
  const turns = new ReadTurns();
  const resumed: string[] = [];
  const large = Array.from({ length: 2 }, (_, index) => readerOf(`large ${index}`, 1, resumed));
  const unknown = readerOf('unknown', 0, resumed);
  const light = readerOf('light', 0.01, resumed);
  for (const reader of [...large, unknown, light]) turns.add(reader);
  for (const reader of large) turns.count(reader, 1);
  await nextTurn();
  expect(resumed).toEqual(['light', 'unknown', 'large 0']);
});

it('forgets a connection that is closed', async () => {
  const turns = new ReadTurns();
  const resumed: string[] = [];
  const reader = readerOf('closed', 1, resumed);
  turns.count(reader, 1);
  turns.remove(reader);
  await nextTurn();
  expect(resumed).toEqual([]);
});

it('opens connections in turns while they bring much, and all in one turn while they do not', async () => {
  const turns = new ReadTurns();
  const opened: number[] = [];
  const open = (count: number, share: number): void => {
    for (let index = 0; index < count; index += 1) {
      turns.whenReadable(() => {
        opened.push(index);
        if (share > 0) turns.count(readerOf(`${index}`, share, []), share);
      });
    }
  };
  open(50, 0);
  await nextTurn();
  expect(opened).toHaveLength(50);
  open(6, 1);
  await nextTurn();
  expect(opened.length).toBeLessThanOrEqual(54);
  while (opened.length < 56) await nextTurn();
  expect(opened.slice(50)).toEqual([0, 1, 2, 3, 4, 5]);
});

it('reads no more than a few hundred requests in one turn of the event loop', async () => {
  let inTurn = 0;
  let most = 0;
  const count: Middleware = (_, next) => {
    if (inTurn === 0) setImmediate(() => (inTurn = 0));
    inTurn += 1;
    most = Math.max(most, inTurn);
    next();
  };
  const limits = { queueMs: 60_000 };
  const served = await serve({ getFeature: () => Feature.create() }, [count], limits);
  const sessions = Array.from({ length: 20 }, () => connect(`http://${served.address}`));
  await Promise.all(sessions.map((session) => once(session, 'remoteSettings')));
  const headers = {
    ':method': 'POST',
    ':path': '/routeguide.RouteGuide/GetFeature',
    'content-type': 'application/grpc',
  };
  const ends = sessions.flatMap((session) =>
    Array.from({ length: 100 }, async () => {
      const stream = session.request(headers);
      stream.resume().end(frame(Buffer.alloc(0)));
      await once(stream, 'close');
    }),
  );
  await Promise.all(ends);
  expect(served.ended.length).toBe(2000);
  expect(most).toBeLessThanOrEqual(500);
  for (const session of sessions) session.destroy();
  await served.close();
});
