import { connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { request, type IncomingHttpHeaders as Http1Headers } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { RouteGuideDefinition } from '../../gen/routeguide/route_guide.js';
import { service, type Handlers, type Middleware } from '../rpc/index.js';
import type { CallOutcome } from '../rpc/index.js';
import { openLog } from '../server/log.js';
import { startServer, type ServerOptions } from '../server/start.js';
import { deferred } from '../test-support/deferred.js';
import { loadLibrary } from './load-router.js';

/** A response with its whole body. */
export interface Responded {
  readonly status: number;
  readonly headers: IncomingHttpHeaders | Http1Headers;
  readonly body: string;
}

type Body = string | Uint8Array | undefined;

/** Sends a request of HTTP/1.1 on a connection of its own, with exactly these headers. */
export async function http1(
  address: string,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body?: Body,
): Promise<Responded> {
  const [host = '', port] = address.split(':');
  const sent = request({ host, port, method, path, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await text(response),
  };
}

/** Sends a request of HTTP/2 on a connection of its own. */
export async function http2(
  address: string,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body?: Body,
): Promise<Responded> {
  const session = connect(`http://${address}`);
  const stream = session.request({ ':method': method, ':path': path, ...headers });
  stream.end(body);
  const [received] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  const whole = await text(stream);
  session.close();
  return { status: Number(received[':status']), headers: received, body: whole };
}

/** Both ways of sending a request. */
export const versions = [
  ['HTTP/1.1', http1],
  ['HTTP/2', http2],
] as const;

/** Posts JSON. */
export function postJson(
  address: string,
  path: string,
  json: unknown,
  headers: OutgoingHttpHeaders = {},
  send: typeof http1 = http1,
): Promise<Responded> {
  const body = typeof json === 'string' ? json : JSON.stringify(json);
  return send(address, 'POST', path, { 'content-type': 'application/json', ...headers }, body);
}

/** A route guide with `--web on`, and how its calls end. */
export interface ServedRouteGuide {
  readonly address: string;
  /** Resolves with the next call that ends. */
  nextEnd(): Promise<CallOutcome>;
  stop(): Promise<void>;
}

/** Serves a route guide; RPCs without a handler fail. */
export async function serveRouteGuide(
  handlers: Partial<Handlers<typeof RouteGuideDefinition>>,
  options: Partial<ServerOptions> = {},
): Promise<ServedRouteGuide> {
  const unexpected = (): never => {
    throw new Error('not part of this test');
  };
  const guide = service(RouteGuideDefinition, {
    getFeature: unexpected,
    listFeatures: unexpected,
    recordRoute: unexpected,
    routeChat: unexpected,
    ...handlers,
  });
  const ends: CallOutcome[] = [];
  let arrived = deferred<undefined>();
  const observe: Middleware = (call, next) => {
    call.onEnd((outcome) => {
      ends.push(outcome);
      arrived.resolve(undefined);
      arrived = deferred();
      return undefined;
    });
    next();
  };
  // So that a request which is broken off immediately is a call, too.
  await loadLibrary();
  const server = await startServer({
    listen: ['127.0.0.1:0'],
    log: openLog('silent'),
    shutdownGraceMs: 0,
    web: true,
    services: [guide],
    middleware: [observe],
    ...options,
  });
  const nextEnd = async (): Promise<CallOutcome> => {
    for (;;) {
      const end = ends.shift();
      if (end !== undefined) return end;
      await arrived.promise;
    }
  };
  return { address: server.addresses[0] ?? '', nextEnd, stop: () => server.stop() };
}
