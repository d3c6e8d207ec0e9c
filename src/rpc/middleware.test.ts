import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { Feature, Point, Rectangle, RouteSummary } from '../../gen/routeguide/route_guide.js';
import { DirectoryError } from '../directory/errors.js';
import type { CallStatus } from './call.js';
import { Code } from './code.js';
import { frame, rawCall, serve, statusFrom, type Served } from './grpc/serve.test.support.js';
import type { Middleware } from './middleware.js';

let served: Served;
afterEach(() => served.close());

const point = Point.fromPartial({});

async function serveAll(
  middleware: readonly Middleware[],
  onRun: () => void = () => undefined,
): Promise<void> {
  served = await serve(
    {
      getFeature: () => {
        onRun();
        return Feature.fromPartial({ name: 'here' });
      },
      listFeatures: async function* () {
        onRun();
        yield Feature.fromPartial({ name: 'there' });
      },
      recordRoute: async (points) => {
        onRun();
        let pointCount = 0;
        for await (const batch of points.batches()) pointCount += batch.length;
        return RouteSummary.fromPartial({ pointCount });
      },
      routeChat: async function* (notes) {
        onRun();
        for await (const note of notes) yield note;
      },
    },
    middleware,
  );
}

/** The status of one call of each kind, in the order of the route guide's RPCs. */
async function callAll(metadata = new Metadata()): Promise<number[]> {
  const client = served.client();
  const list = client.listFeatures(Rectangle.fromPartial({}), metadata);
  list.resume();
  const record = client.recordRoute(metadata, () => undefined);
  record.end(point);
  const chat = client.routeChat(metadata);
  chat.resume();
  chat.end();
  const calls = [client.getFeature(point, metadata, () => undefined), list, record, chat];
  const statuses = await Promise.all(calls.map(statusFrom));
  return statuses.map(({ code }) => code);
}

const getFeature = (metadata = new Metadata()): Promise<Feature | ServiceError> =>
  new Promise((resolve) => {
    served.client().getFeature(point, metadata, (error, feature) => {
      resolve(error ?? feature);
    });
  });

const all = (code: Code): Code[] => [code, code, code, code];

it('runs in order before the handler of every kind, and sees the end in the reverse order', async () => {
  const events: string[] = [];
  const named =
    (name: string): Middleware =>
    (call, next) => {
      events.push(`${name} begins`);
      call.onEnd(() => {
        events.push(`${name} ends`);
        return undefined;
      });
      next();
    };
  await serveAll([named('outer'), named('inner')], () => events.push('handler'));
  await getFeature();
  expect(events).toEqual(['outer begins', 'inner begins', 'handler', 'inner ends', 'outer ends']);
  events.length = 0;
  expect(await callAll()).toEqual(all(Code.OK));
  expect(events.filter((event) => event === 'handler')).toHaveLength(4);
  expect(events.filter((event) => event === 'outer ends')).toHaveLength(4);
});

it('sees the headers before any message, and may refuse the call before one is read', async () => {
  let ran = false;
  const requireToken: Middleware = (call, next) => {
    if (call.headers['authorization']?.[0] === 'Bearer right') next();
    else throw new DirectoryError('unavailable', 'the token is wrong', { code: 'BAD_TOKEN' });
  };
  await serveAll([requireToken], () => (ran = true));
  expect(await callAll()).toEqual(all(Code.UNAVAILABLE));
  // No message at all is sent here.
  const { session, stream } = await rawCall(served.address, 'RecordRoute');
  const headers = await new Promise<Record<string, unknown>>((resolve) => {
    stream.once('response', resolve);
  });
  expect(headers['grpc-status']).toBe(String(Code.UNAVAILABLE));
  expect(ran).toBe(false);
  expect(served.ended.every(({ received }) => received === 0)).toBe(true);
  session.destroy();
  const right = new Metadata();
  right.set('authorization', 'Bearer right');
  expect(await callAll(right)).toEqual(all(Code.OK));
  await served.dispatcher.idle();
});

it('may wait before it continues or refuses, and reads nothing meanwhile', async () => {
  const later: Middleware = async (call, next) => {
    await turn();
    expect(call.received).toBe(0);
    if (call.headers['x-refuse'] !== undefined) throw new DirectoryError('exhausted', 'too many');
    next();
  };
  await serveAll([later]);
  expect(await callAll()).toEqual(all(Code.OK));
  const refused = new Metadata();
  refused.set('x-refuse', '1');
  expect(await callAll(refused)).toEqual(all(Code.RESOURCE_EXHAUSTED));
  await served.dispatcher.idle();
});

it('continues no call that was cancelled while it waited', async () => {
  let ran = false;
  let release: () => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    const wait: Middleware = async (_, next) => {
      resolve();
      await new Promise<void>((released) => (release = released));
      next();
    };
    void serveAll([wait], () => (ran = true)).then(async () => {
      const { session, stream } = await rawCall(served.address, 'GetFeature');
      stream.end(frame(Buffer.alloc(0)));
      void started.then(() => {
        session.destroy();
      });
    });
  });
  await started;
  expect((await served.nextEnd()).code).toBe(Code.CANCELLED);
  release();
  await served.dispatcher.idle();
  expect(ran).toBe(false);
});

it('may change the status of a call, and the change is what the client and the log see', async () => {
  const hidden: CallStatus = { code: Code.NOT_FOUND, details: 'not here', trailers: {} };
  await serveAll([
    (call, next) => {
      call.onEnd(({ code }) => (code === Code.OK ? hidden : undefined));
      next();
    },
  ]);
  expect(await getFeature()).toMatchObject({ code: Code.NOT_FOUND, details: 'not here' });
  expect(await served.nextEnd()).toMatchObject({ code: Code.NOT_FOUND, details: 'not here' });
});

it('sends a status of a listener with half a surrogate pair', async () => {
  const cut: CallStatus = { code: Code.NOT_FOUND, details: 'who is \ud83d?', trailers: {} };
  await serveAll([
    (call, next) => {
      call.onEnd(() => cut);
      next();
    },
  ]);
  expect(await callAll()).toEqual(all(Code.NOT_FOUND));
  expect((await served.nextEnd()).details).toBe('who is \ufffd?');
});

it.each<[string, CallStatus['trailers']]>([
  ['a name that is not allowed', { 'x y': 'a' }],
  ['a pseudo-header', { ':status': '200' }],
  ['a header of connections', { Connection: 'close' }],
  ['a text that is not ASCII', { 'x-name': 'Añá' }],
  ['a text for a binary name', { 'x-bytes-bin': 'text' }],
  ['bytes for a name that is not binary', { 'x-bytes': Buffer.of(1) }],
])('ends the call as INTERNAL if a listener returns a trailer with %s', async (_, trailers) => {
  await serveAll([
    (call, next) => {
      call.onEnd(() => ({ code: Code.OK, details: '', trailers }));
      next();
    },
  ]);
  expect(await callAll()).toEqual(all(Code.INTERNAL));
  const [name = ''] = Object.keys(trailers);
  expect((await served.nextEnd()).error).toEqual(
    new Error(`the trailer "${name.toLowerCase()}" cannot be sent`),
  );
});

it('gives the handler of every kind the async context that it continues in', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  await serveAll(
    [
      (call, next) => {
        storage.run(call.requestId, next);
      },
    ],
    () => seen.push(storage.getStore()),
  );
  const metadata = new Metadata();
  metadata.set('x-request-id', 'traced');
  await callAll(metadata);
  expect(seen).toEqual(['traced', 'traced', 'traced', 'traced']);
});

it.each<[string, Middleware]>([
  ['returns without a decision', () => undefined],
  ['resolves without a decision', async () => undefined],
  [
    'throws an unknown error',
    () => {
      throw new Error('secret');
    },
  ],
])('ends the call as INTERNAL if it %s', async (_, broken) => {
  await serveAll([broken]);
  expect(await callAll()).toEqual(all(Code.INTERNAL));
  expect((await served.nextEnd()).error).toBeInstanceOf(Error);
  await served.dispatcher.idle();
});

it('is not harmed by a listener that throws', async () => {
  await serveAll([
    (call, next) => {
      call.onEnd(() => {
        throw new Error('a full disk');
      });
      next();
    },
  ]);
  expect(await callAll()).toEqual(all(Code.OK));
});
