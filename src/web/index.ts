import {
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Http1 } from './http1.js';
import type { HttpRequest, HttpResponse } from './http-exchange.js';
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
  const serve = (request: HttpRequest, response: HttpResponse): void => {
    // The library takes 80 ms to load, and servers for gRPC alone never need it.
    router ??= createRouter(options);
    router.serve(request, response);
  };
  const http1 = new Http1(options.limits, serve);
  return {
    http1: http1.take,
    http2: (stream, headers, rawHeaders) => {
      // The types do not know that Node itself passes an array and no options.
      const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
      serve(request, new Http2ServerResponse(stream));
    },
    stop: () => http1.stop(),
  };
}

function createRouter(options: RouterOptions): RequestRouter {
  // Not import(): jest cannot run it in CommonJS. A bundler still sees this.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const module = require('./router.js') as typeof import('./router.js');
  return new module.RequestRouter(options);
}
