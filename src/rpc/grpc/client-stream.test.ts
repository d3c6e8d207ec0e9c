import { once } from 'node:events';
import { constants } from 'node:http2';
import { status, type ClientWritableStream, type ServiceError } from '@grpc/grpc-js';
import { Point, RouteSummary, type RouteGuideClient } from '../../../gen/routeguide/route_guide.js';
import { DirectoryError } from '../../directory/errors.js';
import { Code } from '../code.js';
import type { ClientStreamHandler } from '../client-stream.js';
import {
  aborted,
  countOf,
  deferred,
  frame,
  rawCall,
  serve,
  standstill,
  type Served,
} from './serve.test.support.js';

const at = (latitude: number): Point => ({ latitude, longitude: 7 });
const summary = (pointCount: number): RouteSummary => RouteSummary.fromPartial({ pointCount });

let served: Served;
let client: RouteGuideClient;

async function serveRoute(handler: ClientStreamHandler<Point, RouteSummary>): Promise<void> {
  served = await serve({
    recordRoute: handler,
    getFeature: () => ({ name: 'here', location: undefined }),
  });
  client = served.client();
}

interface Outcome {
  error: ServiceError | null;
  answer: RouteSummary | undefined;
}

function record(timeoutMs?: number): [ClientWritableStream<Point>, Promise<Outcome>] {
  const { promise, resolve } = deferred<Outcome>();
  const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  const call = client.recordRoute(options, (error, answer) => {
    resolve({ error, answer });
  });
  return [call, promise];
}

afterEach(() => served.close());

it('gives all requests in their order, and answers when the client half-closes', async () => {
  const seen: number[] = [];
  await serveRoute(async (requests) => {
    for await (const { latitude } of requests) seen.push(latitude);
    return summary(seen.length);
  });
  const [call, outcome] = record();
  for (let i = 0; i < 2000; i += 1) call.write(at(i));
  call.end();
  expect((await outcome).answer).toEqual(summary(2000));
  expect(seen.findIndex((latitude, i) => latitude !== i)).toBe(-1);
  expect(await served.nextEnd()).toMatchObject({ code: status.OK, received: 2000, sent: 1 });
});

it('gives batches that are never empty', async () => {
  const sizes: number[] = [];
  await serveRoute(async (requests) => {
    for await (const batch of requests.batches()) sizes.push(batch.length);
    return RouteSummary.encode(summary(sizes.length)).finish();
  });
  const [call, outcome] = record();
  for (let i = 0; i < 2000; i += 1) call.write(at(i));
  call.end();
  expect((await outcome).answer?.pointCount).toBe(sizes.length);
  expect(Math.min(...sizes)).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(2000);
});

it('gives no batch for a stream of nothing', async () => {
  await serveRoute(async (requests) => {
    const sizes: number[] = [];
    for await (const batch of requests.batches()) sizes.push(batch.length);
    return summary(sizes.length);
  });
  const [call, outcome] = record();
  call.end();
  expect((await outcome).answer).toEqual(summary(0));
});

it('counts the bytes of the requests', async () => {
  let bytes = 0;
  await serveRoute(async (requests, request) => {
    for await (const point of requests) expect(point).toMatchObject({ longitude: 7 });
    bytes = request.receivedBytes;
    return summary(0);
  });
  const [call, outcome] = record();
  const points = [at(1), at(1 << 20), at(-1)];
  for (const point of points) call.write(point);
  call.end();
  await outcome;
  expect(bytes).toBe(points.reduce((sum, point) => sum + Point.encode(point).finish().length, 0));
});

it('throws out of the requests when the client cancels', async () => {
  const first = deferred<number>();
  const thrown = deferred<unknown>();
  let complete = false;
  await serveRoute(async (requests) => {
    try {
      for await (const { latitude } of requests) first.resolve(latitude);
      complete = true;
    } catch (error) {
      thrown.resolve(error);
    }
    return summary(0);
  });
  const [call, outcome] = record();
  call.write(at(1));
  await first.promise;
  call.cancel();
  expect(await thrown.promise).toMatchObject({ name: 'CallEndedError', code: status.CANCELLED });
  expect((await outcome).error?.code).toBe(status.CANCELLED);
  expect((await served.nextEnd()).code).toBe(status.CANCELLED);
  await served.dispatcher.idle();
  expect(complete).toBe(false);
});

it('never takes a reset or a lost connection for a half-close', async () => {
  let complete = 0;
  await serveRoute(async (requests) => {
    await countOf(requests);
    complete += 1;
    return summary(0);
  });
  const point = frame(Point.encode(at(1)).finish());
  for (let round = 0; round < 40; round += 1) {
    const { session, stream } = await rawCall(served.address, 'RecordRoute');
    stream.write(Buffer.concat(Array.from({ length: 1 + round * 50 }, () => point)));
    if (round % 2 === 0) await new Promise((resolve) => session.ping(resolve));
    if (round % 4 < 2) stream.close(constants.NGHTTP2_NO_ERROR);
    else if (round % 8 < 6) stream.close(constants.NGHTTP2_CANCEL);
    else session.destroy();
    expect((await served.nextEnd()).code).toBe(status.CANCELLED);
    session.destroy();
  }
  await served.dispatcher.idle();
  expect(complete).toBe(0);
});

it('never takes the cancel of a grpc-js client for the half-close that it sends before', async () => {
  let first = deferred<number>();
  let complete = 0;
  await serveRoute(async (requests) => {
    for await (const batch of requests.batches()) first.resolve(batch.length);
    complete += 1;
    return summary(0);
  });
  for (let round = 0; round < 20; round += 1) {
    first = deferred<number>();
    const [call] = record();
    call.write(at(round));
    await first.promise;
    call.cancel();
    expect((await served.nextEnd()).code).toBe(status.CANCELLED);
  }
  await served.dispatcher.idle();
  expect(complete).toBe(0);
});

it('throws out of the requests at the deadline', async () => {
  const thrown = deferred<unknown>();
  await serveRoute(async (requests) => {
    try {
      await countOf(requests);
    } catch (error) {
      thrown.resolve(error);
      throw error;
    }
    return summary(0);
  });
  const [call, outcome] = record(80);
  call.write(at(1));
  expect(await thrown.promise).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  expect((await outcome).error?.code).toBe(status.DEADLINE_EXCEEDED);
  expect(await served.nextEnd()).toMatchObject({
    code: status.DEADLINE_EXCEEDED,
    error: undefined,
  });
});

it('takes no more from a client than a slow handler asks for', async () => {
  const go = deferred();
  await serveRoute(async (requests) => {
    await go.promise;
    return summary(await countOf(requests));
  });
  const { session, stream } = await rawCall(served.address, 'RecordRoute');
  const piece = Buffer.concat(
    Array.from({ length: 100 }, () => frame(Point.encode(at(1)).finish())),
  );
  let left = 0;
  for (let i = 0; i < 1000; i += 1) stream.write(piece, () => (left += piece.length));
  const roundTrip = (): Promise<unknown> =>
    new Promise((resolve) => {
      client.getFeature(at(0), resolve);
    });
  expect(await standstill(() => left, roundTrip)).toBeLessThan(200_000);
  expect(served.ended.every(({ method }) => method.endsWith('GetFeature'))).toBe(true);
  go.resolve();
  stream.end();
  stream.resume();
  await once(stream, 'end');
  expect(left).toBe(1000 * piece.length);
  session.destroy();
});

it('may answer before the client half-closes', async () => {
  await serveRoute(async (requests) => {
    for await (const { latitude } of requests) return summary(latitude);
    return summary(0);
  });
  const [call, outcome] = record();
  call.write(at(3));
  expect((await outcome).answer).toEqual(summary(3));
  call.end();
});

it.each<[string, ClientStreamHandler<Point, RouteSummary>]>([
  [
    'immediately',
    () => {
      throw new DirectoryError('exhausted', 'too much');
    },
  ],
  [
    'between requests',
    async (requests) => {
      await requests[Symbol.asyncIterator]().next();
      throw new DirectoryError('exhausted', 'too much');
    },
  ],
])('refuses when the handler throws %s, though the client goes on', async (_, handler) => {
  await serveRoute(handler);
  const [call, outcome] = record();
  call.write(at(1));
  const { error } = await outcome;
  expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: 'too much' });
  expect((await served.nextEnd()).code).toBe(status.RESOURCE_EXHAUSTED);
  call.end();
});

it('refuses the stream at a request that cannot be decoded', async () => {
  await serveRoute(async (requests) => {
    return summary(await countOf(requests));
  });
  const { session, stream } = await rawCall(served.address, 'RecordRoute');
  stream.write(Buffer.concat([frame(Buffer.from([8, 1])), frame(Buffer.from([0x0a, 0x7f]))]));
  const [headers] = (await once(stream, 'response')) as [Record<string, string>];
  expect(headers['grpc-status']).toBe(String(status.INVALID_ARGUMENT));
  expect(await served.nextEnd()).toMatchObject({ code: status.INVALID_ARGUMENT, received: 2 });
  session.destroy();
});

it('refuses the stream when the client half-closes within a message', async () => {
  let complete = false;
  await serveRoute(async (requests) => {
    const count = await countOf(requests);
    complete = true;
    return summary(count);
  });
  const point = frame(Point.encode(at(1)).finish());
  for (const cutOff of [1, 4, 6]) {
    const { session, stream } = await rawCall(served.address, 'RecordRoute');
    stream.end(Buffer.concat([point, point.subarray(0, cutOff)]));
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    expect(headers['grpc-status']).toBe(String(status.INVALID_ARGUMENT));
    expect(await served.nextEnd()).toMatchObject({ code: status.INVALID_ARGUMENT, received: 1 });
    session.destroy();
  }
  expect(complete).toBe(false);
});

it('ends waiting streams when the server stops', async () => {
  const started = deferred();
  await serveRoute(async (requests, call) => {
    started.resolve();
    await aborted(call.signal);
    return summary(await countOf(requests));
  });
  const [call, outcome] = record();
  call.write(at(1));
  await started.promise;
  served.dispatcher.abortAll(Code.UNAVAILABLE, 'the server stops');
  expect((await outcome).error).toMatchObject({ code: status.UNAVAILABLE });
  expect((await served.nextEnd()).code).toBe(status.UNAVAILABLE);
  await served.dispatcher.idle();
});
