import {
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { Http1 } from './http1.js';
import { peerOf, type HttpRequest, type HttpResponse } from './http-exchange.js';
import { createRouter, loadLibrary } from './load-router.js';
import type { RequestRouter, RouterOptions } from './router.js';

export type { RouterOptions as WebOptions };

/** Serves HTTP beside gRPC on the same connections. */
export interface Web {
  /** Serves a connection of HTTP/1.1 from which nothing has been read. */
  readonly http1: (socket: Socket) => void;
  /** Serves a stream of HTTP/2 that is not a gRPC request. */
  readonly http2: (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ) => void;
  /**
   * Closes connections of HTTP/1.1 that are idle, and the others after their responses. Resolves when
   * all responses have been sent.
   */
  stop(): Promise<void>;
}

/** What serves Connect, gRPC-Web and JSON, and the page. */
export function createWeb(options: RouterOptions): Web {
  let router: RequestRouter | undefined;
  const serve = (request: HttpRequest, response: HttpResponse, body: Readable): void => {
    // The client may be gone at any time; there is nothing left to do then.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const peer = peerOf(request);
    const runInTurn = (): void => {
      if (body.destroyed) return;
      router ??= createRouter(options);
      router.serve(request, response);
    };
    // One turn of the event loop may bring a thousand requests, of as many connections.
    const run = (): void => {
      options.dispatcher.turns.run({ peer, runInTurn });
    };
    const loading = loadLibrary();
    if (loading === undefined) run();
    else void loading.then(run);
  };
  const http1 = new Http1(
    options.limits,
    (request, response) => {
      serve(request, response, request);
    },
    (socket) => {
      options.onRefused(peerOf({ socket }), 'too many requests on one connection', 'overloaded');
    },
  );
  return {
    http1: http1.take,
    http2: (stream, headers, rawHeaders) => {
      // The types do not know that Node itself passes an array and no options.
      const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
      serve(request, new Http2ServerResponse(stream), stream);
    },
    stop: () => http1.stop(),
  };
}
