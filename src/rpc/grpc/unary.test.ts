import { once } from 'node:events';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { Feature, type Point, type RouteGuideClient } from '../../../gen/routeguide/route_guide.js';
import { DirectoryError } from '../../directory/errors.js';
import { Code } from '../code.js';
import type { Call } from '../call.js';
import {
  aborted,
  deferred,
  frame,
  rawCall,
  serve,
  statusFrom,
  type Served,
} from './serve.test.support.js';
import type { UnaryHandler } from '../unary.js';

const point: Point = { latitude: 1, longitude: 2 };
const feature = Feature.fromPartial({ name: 'a hill', location: point });

let served: Served;
let client: RouteGuideClient;

async function serveFeature(getFeature: UnaryHandler<Point, Feature>): Promise<void> {
  served = await serve({ getFeature: getFeature });
  client = served.client();
}

function getFeature(metadata = new Metadata(), timeoutMs?: number): Promise<Feature> {
  const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  return new Promise((resolve, reject) => {
    client.getFeature(point, metadata, options, (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

const refusal = (answer: Promise<unknown>): Promise<ServiceError> =>
  answer.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ServiceError,
  );

afterEach(() => served.close());

it('responds with what the handler returns, immediately or later', async () => {
  let later = false;
  await serveFeature(() => (later ? Promise.resolve(feature) : feature));
  expect(await getFeature()).toEqual(feature);
  later = true;
  expect(await getFeature()).toEqual(feature);
});

it('sends a response in wire form as it is', async () => {
  const bytes = Feature.encode(feature).finish();
  await serveFeature(async () => bytes);
  expect(await getFeature()).toEqual(feature);
});

it('reports once how the call ended', async () => {
  await serveFeature(async () => feature);
  await getFeature();
  const { method, code, peer, received, sent, durationMs, error } = await served.nextEnd();
  expect({ method, code, received, sent, error }).toEqual({
    method: '/routeguide.RouteGuide/GetFeature',
    code: status.OK,
    received: 1,
    sent: 1,
    error: undefined,
  });
  expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(durationMs).toBeGreaterThan(0);
  await served.dispatcher.idle();
  expect(served.ended).toHaveLength(1);
});

it('takes the request id of the client if it is usable, and makes one if not', async () => {
  const seen: string[] = [];
  await serveFeature((_, call) => {
    seen.push(call.requestId);
    return feature;
  });
  for (const id of ['order-7_a.b', 'two words', 'x'.repeat(65)]) {
    const metadata = new Metadata();
    metadata.set('x-request-id', id);
    await getFeature(metadata);
  }
  expect(seen[0]).toBe('order-7_a.b');
  expect(seen[1]).toMatch(/^[0-9a-f]{12}-\w+$/);
  expect(seen[2]).toMatch(/^[0-9a-f]{12}-\w+$/);
  expect(new Set(seen).size).toBe(3);
});

it('sends the request id in the trailers of a call that succeeds', async () => {
  await serveFeature(() => feature);
  const { session, stream } = await rawCall(served.address, 'GetFeature', {
    'x-request-id': 'mine',
  });
  stream.end(frame(Buffer.alloc(0)));
  stream.resume();
  const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>];
  expect(trailers).toMatchObject({ 'grpc-status': '0', 'x-request-id': 'mine' });
  session.destroy();
});

describe('a handler that fails', () => {
  it('refuses with the status of its reason and the request id', async () => {
    await serveFeature(() => {
      throw new DirectoryError('not-found', 'nothing there');
    });
    const metadata = new Metadata();
    metadata.set('x-request-id', 'mine');
    const error = await refusal(getFeature(metadata));
    expect(error.code).toBe(status.NOT_FOUND);
    expect(error.details).toBe('nothing there');
    expect(error.metadata.get('x-request-id')).toEqual(['mine']);
    expect(await served.nextEnd()).toMatchObject({ code: status.NOT_FOUND, error: undefined });
  });

  it.each<[string, () => Promise<Feature>]>([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
  ])('that %s an unknown error reveals only the request id', async (_, handler) => {
    await serveFeature(handler);
    const error = await refusal(getFeature());
    const ended = await served.nextEnd();
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).toBe(
      `internal error; the server's log has it under request id ${ended.requestId}`,
    );
    expect(ended).toMatchObject({ code: status.INTERNAL, error: new Error('secret') });
  });

  it('by a response that cannot be encoded ends as INTERNAL, with the error for the log', async () => {
    await serveFeature(async () => Feature.fromPartial({ location: { latitude: 2 ** 40 } }));
    expect((await refusal(getFeature())).code).toBe(status.INTERNAL);
    const ended = await served.nextEnd();
    expect(ended).toMatchObject({ code: status.INTERNAL, sent: 0 });
    expect(ended.error).toBeInstanceOf(Error);
  });
});

it('refuses a request that cannot be decoded, and does not run the handler', async () => {
  let ran = false;
  await serveFeature(() => {
    ran = true;
    return feature;
  });
  const raw = new Client(served.address, credentials.createInsecure());
  const error = await refusal(
    new Promise((resolve, reject) => {
      const asIs = (bytes: Buffer): Buffer => bytes;
      const path = '/routeguide.RouteGuide/GetFeature';
      raw.makeUnaryRequest(path, asIs, asIs, Buffer.from([0x0a, 0x7f, 0x00]), (failure) => {
        if (failure) reject(failure);
        else resolve(undefined);
      });
    }),
  );
  raw.close();
  expect(error.code).toBe(status.INVALID_ARGUMENT);
  expect(error.metadata.get('grpc-status-details-bin')).toHaveLength(1);
  expect(ran).toBe(false);
});

it('aborts the signal when the client cancels', async () => {
  const started = deferred<Call>();
  await serveFeature(async (_, call) => {
    started.resolve(call);
    await aborted(call.signal);
    return feature;
  });
  const call = client.getFeature(point, () => undefined);
  const { signal } = await started.promise;
  expect(served.dispatcher.active).toBe(1);
  call.cancel();
  await aborted(signal);
  expect(signal.reason).toMatchObject({ name: 'CallEndedError', code: status.CANCELLED });
  expect((await served.nextEnd()).code).toBe(status.CANCELLED);
  await served.dispatcher.idle();
  expect(served.ended).toHaveLength(1);
});

it('aborts the signal when the connection is lost', async () => {
  const started = deferred();
  await serveFeature(async (_, call) => {
    started.resolve();
    await aborted(call.signal);
    return feature;
  });
  const { session, stream } = await rawCall(served.address, 'GetFeature');
  stream.end(frame(Buffer.alloc(0)));
  await started.promise;
  session.destroy();
  const ended = await served.nextEnd();
  expect(ended.code).toBe(status.CANCELLED);
  expect(ended.peer).toMatch(/^127\.0\.0\.1:\d+$/);
  await served.dispatcher.idle();
});

it('aborts the signal at the deadline, and ends as DEADLINE_EXCEEDED', async () => {
  await serveFeature(async (_, call) => {
    expect(call.deadlineMs).toBeLessThan(Date.now() + 1000);
    await aborted(call.signal);
    return feature;
  });
  expect((await refusal(getFeature(new Metadata(), 60))).code).toBe(status.DEADLINE_EXCEEDED);
  expect((await served.nextEnd()).code).toBe(status.DEADLINE_EXCEEDED);
  await served.dispatcher.idle();
});

it('ends at the deadline even if the handler never does', async () => {
  const release = deferred();
  await serveFeature(async () => {
    await release.promise;
    return feature;
  });
  await refusal(getFeature(new Metadata(), 500));
  expect((await served.nextEnd()).code).toBe(status.DEADLINE_EXCEEDED);
  expect(served.dispatcher.active).toBe(1);
  release.resolve();
  await served.dispatcher.idle();
});

it('has a line for a message that grpc-js refuses, with the status that the client gets', async () => {
  let ran = false;
  await serveFeature(() => {
    ran = true;
    return feature;
  });
  const { session, stream } = await rawCall(served.address, 'GetFeature');
  const head = Buffer.alloc(5);
  head.writeUInt32BE(5 * 1024 * 1024, 1);
  stream.write(head);
  const [headers] = (await once(stream, 'response')) as [Record<string, string>];
  expect(headers['grpc-status']).toBe(String(status.RESOURCE_EXHAUSTED));
  expect(await served.nextEnd()).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, received: 0 });
  await served.dispatcher.idle();
  expect(ran).toBe(false);
  session.destroy();
});

it.each([
  ['no message', [], Code.UNIMPLEMENTED, 'the client sent no request message'],
  [
    'two messages',
    [frame(Buffer.alloc(0)), frame(Buffer.alloc(0))],
    Code.UNIMPLEMENTED,
    'the client sent more than one request message',
  ],
  [
    'a message that is cut off',
    [frame(Buffer.from([8, 1])).subarray(0, 6)],
    Code.INVALID_ARGUMENT,
    'the request message cannot be decoded: the client half-closed before its end',
  ],
])('refuses %s', async (_, sent, code, text) => {
  await serveFeature(() => feature);
  const { session, stream } = await rawCall(served.address, 'GetFeature');
  stream.end(Buffer.concat(sent));
  const [headers] = (await once(stream, 'response')) as [Record<string, string>];
  expect(headers).toMatchObject({ 'grpc-status': String(code), 'grpc-message': encodeURI(text) });
  expect(await served.nextEnd()).toMatchObject({ code, sent: 0 });
  await served.dispatcher.idle();
  session.destroy();
});

it('does not start before the client half-closes', async () => {
  let ran = false;
  await serveFeature(() => {
    ran = true;
    return feature;
  });
  const { session, stream } = await rawCall(served.address, 'GetFeature');
  stream.write(frame(Buffer.alloc(0)));
  session.ping(() => undefined);
  await getFeatureOfAnother();
  expect(ran).toBe(false);
  stream.end();
  stream.resume();
  const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>];
  expect(trailers['grpc-status']).toBe('0');
  expect(ran).toBe(true);
  session.destroy();

  async function getFeatureOfAnother(): Promise<void> {
    await new Promise<void>((resolve) => {
      session.ping(() => {
        resolve();
      });
    });
  }
});

it('is done with a client that does not read its answer', async () => {
  const large = Feature.fromPartial({ name: 'x'.repeat(1 << 20) });
  await serveFeature(async () => large);
  const { session, stream } = await rawCall(served.address, 'GetFeature');
  stream.pause();
  stream.end(frame(Buffer.alloc(0)));
  expect((await served.nextEnd()).code).toBe(status.OK);
  expect((await getFeature()).name).toHaveLength(1 << 20);
  session.destroy();
});

it('ends waiting calls when the server stops', async () => {
  const started = deferred<AbortSignal>();
  await serveFeature(async (_, call) => {
    started.resolve(call.signal);
    await aborted(call.signal);
    throw new Error('too late to matter');
  });
  const ending = statusFrom(client.getFeature(point, () => undefined));
  const signal = await started.promise;
  served.dispatcher.abortAll(Code.UNAVAILABLE, 'the server stops');
  expect(signal.aborted).toBe(true);
  expect(await ending).toMatchObject({ code: status.UNAVAILABLE, details: 'the server stops' });
  expect(await served.nextEnd()).toMatchObject({ code: status.UNAVAILABLE, error: undefined });
  await served.dispatcher.idle();
});
