import {
  credentials,
  Server,
  ServerCredentials,
  status,
  type ServerInterceptor,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { RouteGuideClient, RouteGuideService } from '../../gen/routeguide/route_guide.js';
import type { EndedCall } from './call.js';
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
      const client = new RouteGuideClient(address, credentials.createInsecure());
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

/** A promise and what settles it. */
export function deferred<T = void>(): {
  promise: Promise<T>;
  resolve(value: T): void;
} {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return {
    promise,
    resolve: (value) => {
      resolve(value);
    },
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
