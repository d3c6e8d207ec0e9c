import type { EventEmitter } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http2';
import { credentials, ServerCredentials, type Server, type StatusObject } from '@grpc/grpc-js';
import { RouteGuideClient, RouteGuideDefinition } from '../../../gen/routeguide/route_guide.js';
import { completeLimits, type Limits } from '../../limits.js';
import { http2Call, type Http2Call } from '../../test-support/raw-http2.js';
import { Code } from '../code.js';
import { Dispatcher } from '../dispatcher.js';
import type { Middleware } from '../middleware.js';
import type { Requests } from '../requests.js';
import { service, type Handlers } from '../service.js';
import { createGrpcServer } from './serve.js';
import type { KeepaliveOptions } from './session-watch.js';

/** What is known about a call once it has ended. */
export interface EndedCall {
  readonly method: string;
  readonly code: Code;
  readonly details: string;
  readonly peer: string;
  readonly requestId: string;
  readonly durationMs: number;
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly error: unknown;
}

/** A real server on a free port of the loopback, with the calls that have ended on it. */
export interface Served {
  readonly dispatcher: Dispatcher;
  readonly server: Server;
  readonly address: string;
  readonly ended: EndedCall[];
  /** Why requests were refused before they were calls. */
  readonly refused: string[];
  /** Resolves with the next call that ends, or with one that has ended and was not returned yet. */
  nextEnd(): Promise<EndedCall>;
  /** A client that `close` closes. */
  client(): RouteGuideClient;
  close(): Promise<void>;
}

let plainGrpc = false;

/** Leaves the calls of all servers that are started from now on to grpc-js. */
export function leaveCallsToGrpcJs(): void {
  plainGrpc = true;
}

type RouteGuideHandlers = Handlers<typeof RouteGuideDefinition>;

/** Serves the route guide; RPCs without a handler fail. */
export async function serve(
  handlers: Partial<RouteGuideHandlers>,
  middleware: readonly Middleware[] = [],
  limits: Partial<Limits> = {},
  keepalive: KeepaliveOptions = {},
): Promise<Served> {
  const refused: string[] = [];
  const ended: EndedCall[] = [];
  const arrived: EndedCall[] = [];
  const waiting: ((call: EndedCall) => void)[] = [];
  const observe: Middleware = (call, next) => {
    call.onEnd(({ code, details, error }) => {
      const { method, peer, requestId, elapsedMs, received, receivedBytes, sent } = call;
      const facts = { method, peer, requestId, received, receivedBytes, sent };
      const seen = { ...facts, code, details, error, durationMs: elapsedMs };
      ended.push(seen);
      const resolve = waiting.shift();
      if (resolve === undefined) arrived.push(seen);
      else resolve(seen);
      return undefined;
    });
    next();
  };
  const dispatcher = new Dispatcher({
    services: [service(RouteGuideDefinition, { ...notExpected, ...handlers })],
    middleware: [observe, ...middleware],
    errorDomain: 'personguide',
    limits: completeLimits(limits),
  });
  const server = createGrpcServer(dispatcher, {
    limits: completeLimits(limits),
    keepalive,
    plainGrpc,
    onRefused: (_peer, reason) => refused.push(reason),
  });
  const address = `127.0.0.1:${await bind(server)}`;
  const clients: RouteGuideClient[] = [];
  return {
    dispatcher,
    server,
    address,
    ended,
    refused,
    nextEnd() {
      const call = arrived.shift();
      if (call !== undefined) return Promise.resolve(call);
      return new Promise((resolve) => waiting.push(resolve));
    },
    client() {
      // A connection of its own, so that a client which does not read blocks no other.
      const options = { 'grpc.use_local_subchannel_pool': 1 };
      const client = new RouteGuideClient(address, credentials.createInsecure(), options);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.close();
      dispatcher.abortAll(Code.UNAVAILABLE, 'the test is over');
      server.forceShutdown();
      await dispatcher.idle();
    },
  };
}

const unexpected = (): never => {
  throw new Error('this RPC was not expected to be called');
};
const notExpected: RouteGuideHandlers = {
  getFeature: unexpected,
  listFeatures: unexpected,
  recordRoute: unexpected,
  routeChat: unexpected,
};

function bind(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

export { frame, messagesOf } from '../../test-support/raw-http2.js';

/** Opens a call of that method of the RouteGuide, as `http2Call` does. */
export function rawCall(
  address: string,
  method: string,
  headers: OutgoingHttpHeaders = {},
): Promise<Http2Call> {
  return http2Call(address, `/routeguide.RouteGuide/${method}`, headers);
}

/** Reads all requests; resolves with how many they were. */
export async function countOf(requests: Requests<unknown>): Promise<number> {
  let count = 0;
  for await (const batch of requests.batches()) count += batch.length;
  return count;
}

/** Resolves with what `count` gives once it does not change over several round trips. */
export async function standstill(
  count: () => number,
  roundTrip: () => Promise<unknown>,
): Promise<number> {
  let before = -1;
  while (count() !== before) {
    before = count();
    for (let trips = 0; trips < 5; trips += 1) await roundTrip();
  }
  return before;
}

/** The status that a call of a generated client ends with. */
export function statusFrom(call: EventEmitter): Promise<StatusObject> {
  call.on('error', () => undefined);
  return new Promise((resolve) => call.once('status', resolve));
}

export { deferred } from '../../test-support/deferred.js';

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    }
  });
}
