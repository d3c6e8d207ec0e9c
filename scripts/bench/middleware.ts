import { Feature, Point, RouteGuideDefinition } from '../../gen/routeguide/route_guide.js';
import { Dispatcher, service, type Headers, type Middleware } from '../../src/rpc/index.js';
import { spread, type Spread } from './statistics.js';

/** What one more empty middleware adds to a unary call, in microseconds of CPU. */
export interface MiddlewareResult {
  /** Middleware that returns no promise. */
  readonly plain: Spread;
  /** An async function that awaits nothing. */
  readonly async: Spread;
}

const CALLS = 100_000;
/** Enough that their cost stands out from the noise of the call itself. */
const LAYERS = 10;

const plain: Middleware = (_, next) => {
  next();
};
const asynchronous: Middleware = async (_, next) => {
  next();
};

/**
 * Measures unary calls without a transport: what a network adds would hide the difference. Each
 * round times the same calls with 0 and with 10 layers, one after the other.
 */
export async function measureMiddleware(rounds: number): Promise<MiddlewareResult> {
  const results = { plain: [] as number[], async: [] as number[] };
  for (let round = -1; round < rounds; round += 1) {
    const none = await microsPerCall([]);
    const plainMicros = (await microsPerCall(layers(plain))) - none;
    const asyncMicros = (await microsPerCall(layers(asynchronous))) - none;
    // The first round warms up.
    if (round < 0) continue;
    results.plain.push(plainMicros / LAYERS);
    results.async.push(asyncMicros / LAYERS);
  }
  return { plain: spread(results.plain), async: spread(results.async) };
}

function layers(middleware: Middleware): Middleware[] {
  return Array.from({ length: LAYERS }, () => middleware);
}

/** Time per call of GetFeature with those headers, which each call gets as a new object. */
export async function microsPerCall(
  middleware: readonly Middleware[],
  headersOf: () => Headers = () => ({}),
): Promise<number> {
  const feature = Feature.encode(Feature.fromPartial({ name: 'here' })).finish();
  const unused = (): never => {
    throw new Error('not called');
  };
  const handlers = { listFeatures: unused, recordRoute: unused, routeChat: unused };
  const routeGuide = service(RouteGuideDefinition, { ...handlers, getFeature: () => feature });
  const dispatcher = new Dispatcher({ services: [routeGuide], middleware });
  // CPU time: other programs on the machine do not count.
  const started = process.cpuUsage();
  for (let calls = 0; calls < CALLS; calls += 1) await callOnce(dispatcher, headersOf());
  const { user, system } = process.cpuUsage(started);
  return (user + system) / CALLS;
}

const POINT = Buffer.from(Point.encode({ latitude: 1, longitude: 2 }).finish());

function callOnce(dispatcher: Dispatcher, headers: Headers): Promise<void> {
  return new Promise((resolve) => {
    let reads = 0;
    const wire = {
      read: (): void => {
        reads += 1;
        if (reads === 1) call.onMessage(POINT);
        else call.onHalfClose(false);
      },
      respond: () => {
        resolve();
      },
      send: (): boolean => true,
      flush: async (): Promise<void> => undefined,
      end: () => {
        resolve();
      },
      confirmHalfClose: async (): Promise<void> => undefined,
      reset: () => undefined,
      heldBytes: 0,
    };
    const path = '/routeguide.RouteGuide/GetFeature';
    const init = { path, headers, peer: 'memory:0', deadlineMs: Infinity };
    const call = dispatcher.open(wire, init);
    dispatcher.start(call);
  });
}
