import {
  Metadata,
  ServerInterceptingCall,
  status,
  type handleServerStreamingCall,
  type ServerInterceptor,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { Feature, RouteGuideService, type Rectangle } from '../../gen/routeguide/route_guide.js';
import {
  deferred,
  frame,
  messagesOf,
  rawCall,
  serve,
  standstill,
  statusFrom,
  type Served,
} from './serve.test.support.js';
import { writeBehind } from './write-behind.js';

const named = (name: string): Feature => Feature.fromPartial({ name });
const empty = frame(Buffer.alloc(0));

let served: Served | undefined;
afterEach(() => served?.close());

/** Serves a plain handler of grpc-js, which gets a callback a write. */
async function serveFeatures(
  handler: handleServerStreamingCall<Rectangle, Feature>,
  interceptors: ServerInterceptor[],
): Promise<Served> {
  served = await serve(
    () => ({
      listFeatures: handler,
      getFeature: (_call: unknown, callback: (error: null, answer: Feature) => void) => {
        callback(null, named('here'));
      },
    }),
    interceptors,
  );
  return served;
}

function roundTripTo(served: Served): () => Promise<unknown> {
  const client = served.client();
  return () =>
    new Promise((resolve) => {
      client.getFeature({ latitude: 0, longitude: 0 }, resolve);
    });
}

/** Writes without an end; tells how many writes were acknowledged. */
function endless(message: Feature): [handleServerStreamingCall<Rectangle, Feature>, () => number] {
  let acknowledged = 0;
  const write = (call: ServerWritableStream<Rectangle, Feature>): void => {
    call.write(message, (error?: Error | null) => {
      if (error) return;
      acknowledged += 1;
      write(call);
    });
  };
  return [write, () => acknowledged];
}

it('leaves unary methods alone, and intercepts streams of answers', () => {
  const call = new ServerInterceptingCall({} as never);
  const intercept = writeBehind();
  const { getFeature, recordRoute, listFeatures, routeChat } = RouteGuideService;
  expect([getFeature, recordRoute].map((method) => intercept(method, call))).toEqual([call, call]);
  for (const method of [listFeatures, routeChat]) expect(intercept(method, call)).not.toBe(call);
});

it('takes messages up to its limit from a client that does not read, then waits', async () => {
  const taken = async (messages: number): Promise<number> => {
    const [handler, acknowledged] = endless(named('x'.repeat(1000)));
    const stalled = await serveFeatures(handler, [writeBehind({ messages, bytes: Infinity })]);
    const { session, stream } = await rawCall(stalled.address, 'ListFeatures');
    stream.end(empty);
    const count = await standstill(acknowledged, roundTripTo(stalled));
    session.destroy();
    await stalled.close();
    return count;
  };
  // The windows of the connection take the same in both.
  const [few, many] = [await taken(10), await taken(60)];
  expect(few).toBeLessThan(100);
  expect(many - few).toBeGreaterThan(45);
  expect(many - few).toBeLessThan(55);
});

it('counts the bytes of messages in wire form', async () => {
  const bytes = Buffer.from(Feature.encode(named('x'.repeat(50_000))).finish());
  const [handler, acknowledged] = endless(bytes as unknown as Feature);
  const served = await serveFeatures(handler, [writeBehind({ messages: 1000, bytes: 200_000 })]);
  const { session, stream } = await rawCall(served.address, 'ListFeatures');
  stream.end(empty);
  expect(await standstill(acknowledged, roundTripTo(served))).toBeLessThan(12);
  session.destroy();
});

it('acknowledges nothing before the headers and the first message are through', async () => {
  const held = deferred<() => void>();
  const slowHeaders: ServerInterceptor = (_method, call) =>
    new ServerInterceptingCall(call, {
      sendMetadata: (metadata, next) => {
        held.resolve(() => {
          next(metadata);
        });
      },
    });
  let acknowledged = 0;
  const served = await serveFeatures(
    (call) => {
      for (const name of ['a', 'b', 'c']) call.write(named(name), () => (acknowledged += 1));
      call.end();
    },
    [slowHeaders, writeBehind()],
  );
  const { session, stream } = await rawCall(served.address, 'ListFeatures');
  stream.end(empty);
  const release = await held.promise;
  expect(acknowledged).toBe(0);
  release();
  const all: string[] = [];
  for await (const message of messagesOf(stream)) all.push(Feature.decode(message).name);
  expect(all).toEqual(['a', 'b', 'c']);
  expect(acknowledged).toBe(3);
  session.destroy();
});

it('lets no status overtake the messages before it', async () => {
  const count = 5000;
  const served = await serveFeatures(
    (call) => {
      for (let i = 0; i < count; i += 1) call.write(named(String(i)));
      const metadata = new Metadata();
      metadata.set('x-last', 'yes');
      call.emit('error', { code: status.ABORTED, details: 'after all', metadata });
    },
    [writeBehind()],
  );
  const call = served.client().listFeatures({ lo: undefined, hi: undefined });
  const ending = statusFrom(call);
  const all: string[] = [];
  call.on('data', ({ name }: Feature) => all.push(name));
  expect(await ending).toMatchObject({ code: status.ABORTED, details: 'after all' });
  expect(all).toHaveLength(count);
  expect(all.findIndex((name, i) => name !== String(i))).toBe(-1);
});

it('ends the call when the connection breaks behind acknowledged writes', async () => {
  const cancelled = deferred();
  const [write, acknowledged] = endless(named('somebody'));
  const served = await serveFeatures(
    (call) => {
      call.once('cancelled', () => {
        cancelled.resolve();
      });
      write(call);
    },
    [writeBehind()],
  );
  const { session, stream } = await rawCall(served.address, 'ListFeatures');
  stream.end(empty);
  await standstill(acknowledged, roundTripTo(served));
  session.destroy();
  await cancelled.promise;
  const before = acknowledged();
  expect(await standstill(acknowledged, roundTripTo(served))).toBeLessThan(before + 2);
});
