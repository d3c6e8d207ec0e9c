import {
  Feature,
  Point,
  Rectangle,
  RouteGuideDefinition,
  RouteNote,
  RouteSummary,
} from '../../gen/routeguide/route_guide.js';
import type { CallStatus } from './call.js';
import { Code } from './code.js';
import { Dispatcher } from './dispatcher.js';
import { service } from './service.js';
import type { Wire } from './wire.js';

const dispatcher = new Dispatcher({
  services: [
    service(RouteGuideDefinition, {
      getFeature: ({ latitude }) => Feature.fromPartial({ name: `at ${latitude}` }),
      listFeatures: async function* () {
        yield [Feature.fromPartial({ name: 'a' }), Feature.fromPartial({ name: 'b' })];
      },
      recordRoute: async (points) => {
        let pointCount = 0;
        for await (const { latitude } of points) pointCount += latitude;
        return RouteSummary.fromPartial({ pointCount });
      },
      routeChat: async function* (notes) {
        for await (const note of notes) yield note;
      },
    }),
  ],
  middleware: [],
});

interface Outcome {
  readonly responses: readonly Uint8Array[];
  readonly status: CallStatus;
}

/** Makes a call with no transport at all: messages are handed over in memory. */
function callInMemory(path: string, requests: readonly Uint8Array[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const responses: Uint8Array[] = [];
    const left = requests.values();
    const wire: Wire = {
      read: () => {
        const { value, done } = left.next();
        setImmediate(() => {
          if (done === true) call.onHalfClose(false);
          else call.onMessage(Buffer.from(value));
        });
      },
      send: (messages) => {
        responses.push(...messages);
        return true;
      },
      respond: (message, status) => {
        resolve({ responses: [message], status });
      },
      flush: async () => undefined,
      end: (status) => {
        resolve({ responses, status });
      },
      confirmHalfClose: async () => undefined,
      reset: () => undefined,
      heldBytes: 0,
    };
    const call = dispatcher.open(wire, { path, headers: {}, peer: 'memory', deadlineMs: Infinity });
    dispatcher.start(call);
  });
}

const at = (latitude: number): Uint8Array => Point.encode({ latitude, longitude: 0 }).finish();

it('serves all four kinds of RPC without a transport', async () => {
  const unary = await callInMemory('/routeguide.RouteGuide/GetFeature', [at(7)]);
  expect(unary.responses.map((bytes) => Feature.decode(bytes).name)).toEqual(['at 7']);
  const rectangle = Rectangle.encode(Rectangle.fromPartial({})).finish();
  const list = await callInMemory('/routeguide.RouteGuide/ListFeatures', [rectangle]);
  expect(list.responses.map((bytes) => Feature.decode(bytes).name)).toEqual(['a', 'b']);
  const route = await callInMemory('/routeguide.RouteGuide/RecordRoute', [at(1), at(2)]);
  expect(route.responses.map((bytes) => RouteSummary.decode(bytes).pointCount)).toEqual([3]);
  const note = RouteNote.encode(RouteNote.fromPartial({ message: 'hi' })).finish();
  const chat = await callInMemory('/routeguide.RouteGuide/RouteChat', [note]);
  expect(chat.responses.map((bytes) => RouteNote.decode(bytes).message)).toEqual(['hi']);
  for (const { status } of [unary, list, route, chat]) expect(status.code).toBe(Code.OK);
  await dispatcher.idle();
});

it('refuses a method that it does not have with UNIMPLEMENTED, whatever the length of its name', async () => {
  const { status } = await callInMemory(`/greeter.Greeter/${'x'.repeat(5000)}`, []);
  expect(status.code).toBe(Code.UNIMPLEMENTED);
  expect(status.details).toContain('this server has no method /greeter.Greeter/xxx');
  expect(status.details.length).toBeLessThan(250);
  expect(dispatcher.active).toBe(0);
});

it('names the service that was called as the domain of its errors', async () => {
  const { status } = await callInMemory('/routeguide.RouteGuide/GetFeature', [Buffer.of(0x0a)]);
  expect(String(status.trailers['grpc-status-details-bin'])).toContain('routeguide.RouteGuide');
});
