import type { EventEmitter } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http2';
import {
  credentials,
  Server,
  ServerCredentials,
  status,
  type ServerInterceptor,
  type ServiceDefinition,
  type StatusObject,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { RouteGuideClient, RouteGuideService } from '../../gen/routeguide/route_guide.js';
import { http2Call, type Http2Call } from '../test-support/raw-http2.js';
import type { EndedCall } from './call.js';
import type { Requests } from './requests.js';
import { createRpc, type Rpc } from './rpc.js';
import { wireDefinition } from './wire-definition.js';

/** A real server on a free port of the loopback, with the calls that have ended on it. */
export interface Served {
  readonly rpc: Rpc;
  readonly server: Server;
  readonly address: string;
  readonly ended: EndedCall[];
  /** Resolves with the next call that ends, or has ended and was not asked for yet. */
  nextEnd(): Promise<EndedCall>;
  /** A client that `close` closes. */
  client(): RouteGuideClient;
  close(): Promise<void>;
}

export async function serve(
  implementation: (rpc: Rpc) => UntypedServiceImplementation,
  interceptors: ServerInterceptor[] = [],
  service: ServiceDefinition = RouteGuideService,
): Promise<Served> {
  const ended: EndedCall[] = [];
  const arrived: EndedCall[] = [];
  const waiting: ((call: EndedCall) => void)[] = [];
  const onEnd = (call: EndedCall): void => {
    ended.push(call);
    const next = waiting.shift();
    if (next === undefined) arrived.push(call);
    else next(call);
  };
  const rpc = createRpc({ onEnd });
  const server = new Server({ interceptors });
  server.addService(wireDefinition(service), implementation(rpc));
  const address = `127.0.0.1:${await bind(server)}`;
  const clients: RouteGuideClient[] = [];
  return {
    rpc,
    server,
    address,
    ended,
    nextEnd() {
      const call = arrived.shift();
      if (call !== undefined) return Promise.resolve(call);
      return new Promise((resolve) => waiting.push(resolve));
    },
    client() {
      // A connection of its own, so that a client which does not read holds up nobody else.
      const options = { 'grpc.use_local_subchannel_pool': 1 };
      const client = new RouteGuideClient(address, credentials.createInsecure(), options);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.close();
      rpc.endAll({ code: status.UNAVAILABLE, details: 'the test is over' });
      server.forceShutdown();
      await rpc.idle();
    },
  };
}

function bind(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

export { frame, messagesOf } from '../test-support/raw-http2.js';

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

export { deferred } from '../test-support/deferred.js';

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
