import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { status, type ClientReadableStream } from '@grpc/grpc-js';
import { Feature, Rectangle, type RouteGuideClient } from '../../../gen/routeguide/route_guide.js';
import { DirectoryError } from '../../directory/errors.js';
import { stalledReaders } from '../../test-support/attacks/stalled-readers.js';
import { Code } from '../code.js';
import type { Call } from '../call.js';
import {
  aborted,
  deferred,
  frame,
  messagesOf,
  rawCall,
  serve,
  standstill,
  statusFrom,
  type Served,
} from './serve.test.support.js';
import type { ServerStreamHandler } from '../server-stream.js';

const everywhere = Rectangle.fromPartial({});
const named = (name: string): Feature => Feature.fromPartial({ name });

let served: Served;
let client: RouteGuideClient;
let another: RouteGuideClient;

describe('a server stream', () => {
  async function serveFeatures(handler: ServerStreamHandler<Rectangle, Feature>): Promise<void> {
    served = await serve({ listFeatures: handler, getFeature: () => named('here') });
    client = served.client();
    another = served.client();
  }

  afterEach(() => served.close());

  it('sends single answers, pages and wire form in their order', async () => {
    await serveFeatures(async function* () {
      yield named('a');
      yield [named('b'), Feature.encode(named('c')).finish(), named('d')];
      yield [];
      yield Feature.encode(named('e')).finish();
    });
    expect(await names(client.listFeatures(everywhere))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await ended()).toMatchObject({ code: status.OK, received: 1, sent: 5 });
  });

  it('sends a stream of nothing', async () => {
    await serveFeatures(async function* () {
      yield* [];
    });
    expect(await names(client.listFeatures(everywhere))).toEqual([]);
    expect(await ended()).toMatchObject({ code: status.OK, sent: 0 });
  });

  it('keeps the order over a twenty thousand answers', async () => {
    await serveFeatures(async function* () {
      for (let page = 0; page < 20; page += 1) {
        yield Array.from({ length: 1000 }, (_none, i) => named(String(page * 1000 + i)));
      }
    });
    const all = await names(client.listFeatures(everywhere));
    expect(all).toHaveLength(20_000);
    expect(all.findIndex((name, i) => name !== String(i))).toBe(-1);
  });

  it('stops the handler and aborts its signal when the client cancels', async () => {
    const finished = deferred<Call>();
    await serveFeatures(async function* (_request, call) {
      expect(call.signal.aborted).toBe(false);
      try {
        for (;;) yield [named('again'), named('and again')];
      } finally {
        finished.resolve(call);
      }
    });
    const call = client.listFeatures(everywhere);
    call.on('error', () => undefined);
    await once(call, 'data');
    call.cancel();
    expect((await finished.promise).signal.aborted).toBe(true);
    expect((await ended()).code).toBe(status.CANCELLED);
  });

  it('releases a handler whose client goes away without reading', async () => {
    const finished = deferred();
    const produced = await serveEndless(finished.resolve);
    const { session, stream } = await rawCall(served.address, 'ListFeatures');
    stream.pause();
    stream.end(frame(Buffer.alloc(0)));
    await standstill(produced, here);
    session.destroy();
    await finished.promise;
    expect((await ended()).code).toBe(status.CANCELLED);
  });

  it('holds little for each of many clients that do not read', async () => {
    await serveFeatures(async function* (_, call) {
      const feature = named('x'.repeat(1000));
      for (;;) yield Array.from({ length: Math.ceil(call.pageBytes / 1000) }, () => feature);
    });
    const readers = 400;
    const path = '/routeguide.RouteGuide/ListFeatures';
    using stalled = await stalledReaders(served.address, { readers, path });
    const sent = (): number => served.dispatcher.calls.reduce((sum, call) => sum + call.sent, 0);
    await standstill(sent, here);
    const held = served.dispatcher.calls.map(({ heldBytes }) => heldBytes);
    expect(held).toHaveLength(readers);
    // Without their number in mind, each would hold 192 KiB, 75 MiB together.
    expect(held.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(40 * 1024 * 1024);
    expect(Math.max(...held.slice(0, 100))).toBeLessThan(64 * 1024);
    for (const session of stalled.sessions) session.destroy();
    await served.dispatcher.idle();
  });

  it('holds no more for a client that does not read than it must', async () => {
    const produced = await serveEndless(() => undefined);
    // Not a client of grpc-js, which reads on when it is paused.
    const { session, stream } = await rawCall(served.address, 'ListFeatures');
    stream.end(frame(Buffer.alloc(0)));
    // 64 KiB of window, what is on its way behind it, and the buffers of both streams.
    expect(await standstill(produced, here)).toBeLessThan(20_000);
    session.destroy();
    await ended();
  });

  it('goes on when a slow client reads again', async () => {
    let produced = 0;
    await serveFeatures(async function* () {
      for (; produced < 40; produced += 1) {
        yield Array.from({ length: 500 }, (_none, i) =>
          named(String(produced * 500 + i).padStart(200)),
        );
      }
    });
    const { session, stream } = await rawCall(served.address, 'ListFeatures');
    stream.end(frame(Buffer.alloc(0)));
    expect(await standstill(() => produced, here)).toBeLessThan(20);
    const all: number[] = [];
    for await (const message of messagesOf(stream)) all.push(Number(Feature.decode(message).name));
    expect(all).toHaveLength(20_000);
    expect(all.findIndex((number, i) => number !== i)).toBe(-1);
    session.destroy();
    expect((await ended()).code).toBe(status.OK);
  });

  it('aborts the signal of a handler that waits past the deadline', async () => {
    const finished = deferred();
    await serveFeatures(async function* (_request, call) {
      yield named('first');
      await aborted(call.signal);
      finished.resolve();
    });
    const call = client.listFeatures(everywhere, { deadline: Date.now() + 80 });
    const ending = statusFrom(call);
    call.resume();
    expect((await ending).code).toBe(status.DEADLINE_EXCEEDED);
    await finished.promise;
    expect((await ended()).code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('releases a handler at the deadline though the client does not read', async () => {
    const finished = deferred();
    await serveEndless(finished.resolve);
    const headers = { 'grpc-timeout': '100m' };
    const { session, stream } = await rawCall(served.address, 'ListFeatures', headers);
    stream.pause();
    stream.end(frame(Buffer.alloc(0)));
    await finished.promise;
    expect((await ended()).code).toBe(status.DEADLINE_EXCEEDED);
    session.destroy();
  });

  it('does not start before the client half-closes', async () => {
    let ran = false;
    await serveFeatures(async function* () {
      ran = true;
      yield named('a');
    });
    const { session, stream } = await rawCall(served.address, 'ListFeatures');
    stream.write(frame(Buffer.alloc(0)));
    await here();
    expect(ran).toBe(false);
    stream.end();
    stream.resume();
    const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>];
    expect(trailers['grpc-status']).toBe('0');
    expect(ran).toBe(true);
    session.destroy();
  });

  it.each<[string, ServerStreamHandler<Rectangle, Feature>]>([
    [
      'immediately',
      () => {
        throw new DirectoryError('conflict', 'not now');
      },
    ],
    [
      'before the first answer',
      async function* () {
        throw new DirectoryError('conflict', 'not now');
      },
    ],
    [
      'after some answers',
      async function* () {
        yield [named('a'), named('b')];
        throw new DirectoryError('conflict', 'not now');
      },
    ],
  ])('refuses when the handler throws %s', async (_when, handler) => {
    await serveFeatures(handler);
    const call = client.listFeatures(everywhere);
    const ending = statusFrom(call);
    const seen: string[] = [];
    call.on('data', ({ name }: Feature) => seen.push(name));
    const end = await ending;
    expect(end).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'not now' });
    expect(end.metadata.get('grpc-status-details-bin')).toHaveLength(1);
    const { code, sent } = await ended();
    expect({ code, sent }).toEqual({ code: status.FAILED_PRECONDITION, sent: seen.length });
  });

  it('ends as INTERNAL at a response that cannot be encoded, and stops the handler', async () => {
    const finished = deferred();
    await serveFeatures(async function* () {
      try {
        yield named('good');
        yield [Feature.fromPartial({ location: { latitude: 2 ** 40 } })];
        yield named('never');
      } finally {
        finished.resolve();
      }
    });
    const call = client.listFeatures(everywhere);
    const ending = statusFrom(call);
    call.resume();
    expect((await ending).code).toBe(status.INTERNAL);
    await finished.promise;
    const { code, error } = await ended();
    expect(code).toBe(status.INTERNAL);
    expect(error).toBeInstanceOf(Error);
  });

  it('ends open streams with the status that the server stops with', async () => {
    const finished = deferred();
    await serveFeatures(async function* (_request, call) {
      yield named('first');
      await aborted(call.signal);
      finished.resolve();
    });
    const call = client.listFeatures(everywhere);
    const ending = statusFrom(call);
    await once(call, 'data');
    served.dispatcher.abortAll(Code.UNAVAILABLE, 'the server stops');
    expect(await ending).toMatchObject({ code: status.UNAVAILABLE, details: 'the server stops' });
    await finished.promise;
    expect((await ended()).code).toBe(status.UNAVAILABLE);
  });

  it('stops at 256 KiB that a client has not read, whatever the number of messages', async () => {
    let produced = 0;
    await serveFeatures(async function* () {
      for (;;) {
        produced += 1;
        yield Feature.encode(named('x'.repeat(50_000))).finish();
      }
    });
    const { session, stream } = await rawCall(served.address, 'ListFeatures');
    stream.end(frame(Buffer.alloc(0)));
    expect(await standstill(() => produced, here)).toBeLessThan(12);
    session.destroy();
    await ended();
  });

  it('sends no status ahead of the messages before it', async () => {
    const count = 5000;
    await serveFeatures(async function* () {
      yield Array.from({ length: count }, (_none, i) => named(String(i)));
      throw new DirectoryError('conflict', 'after all');
    });
    const call = client.listFeatures(everywhere);
    const ending = statusFrom(call);
    const all: string[] = [];
    call.on('data', ({ name }: Feature) => all.push(name));
    expect(await ending).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'after all' });
    expect(all).toHaveLength(count);
    expect(all.findIndex((name, i) => name !== String(i))).toBe(-1);
  });

  it('ends every stream whose deadline passes while messages are sent, with trailers', async () => {
    await serveFeatures(async function* () {
      for (;;) {
        yield Array.from({ length: 50 }, () => named('x'.repeat(100)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const codes = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const headers = { 'grpc-timeout': '60m' };
        const { session, stream } = await rawCall(served.address, 'ListFeatures', headers);
        stream.end(frame(Buffer.alloc(0)));
        stream.resume();
        const code = await statusOf(stream);
        session.destroy();
        return code;
      }),
    );
    expect(new Set(codes)).toEqual(new Set([String(status.DEADLINE_EXCEEDED)]));
    expect(served.ended.map(({ code }) => code)).toEqual(
      Array.from({ length: 100 }, () => Code.DEADLINE_EXCEEDED),
    );
  });

  /** The status in the trailers, or in the headers if the deadline passes before the first message. */
  async function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
    const trailers = once(stream, 'trailers');
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    if ('grpc-status' in headers) return headers['grpc-status'];
    const [{ 'grpc-status': code }] = (await trailers) as [Record<string, string>];
    return code;
  }

  async function serveEndless(onFinally: () => void): Promise<() => number> {
    let produced = 0;
    await serveFeatures(async function* () {
      try {
        for (;;) {
          produced += 100;
          yield Array.from({ length: 100 }, () => named('a person'));
        }
      } finally {
        onFinally();
      }
    });
    return () => produced;
  }
});

/** The only call that ended by itself; also waits until its handler has. */
async function ended(): Promise<Served['ended'][number]> {
  for (;;) {
    const call = await served.nextEnd();
    if (!call.method.endsWith('ListFeatures')) continue;
    await served.dispatcher.idle();
    expect(served.ended.filter(({ method }) => method === call.method)).toHaveLength(1);
    return call;
  }
}

function here(): Promise<void> {
  return new Promise((resolve, reject) => {
    another.getFeature({ latitude: 0, longitude: 0 }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function names(call: ClientReadableStream<Feature>): Promise<string[]> {
  const all: string[] = [];
  for await (const { name } of call as AsyncIterable<Feature>) all.push(name);
  return all;
}
