import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Limits } from '../limits.js';
import { takeNoMoreRequests } from '../node-http2-internals.js';

/** How often connections are looked at for those that have exceeded a time. */
const CHECK_EVERY_MS = 1000;

/** How many requests a client may send ahead; those in use send none, or a few. */
const MAX_WAITING = 32;

/** A request that was sent ahead, while those before it have no response. */
interface Waiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Called with a request once the responses before it on its connection have been sent. */
export type Http1Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Serves HTTP/1.1 on connections that something else has accepted, one request of each at a time. A
 * connection on which more than 32 others wait is closed.
 */
export class Http1 {
  readonly #server: Server;
  readonly #responses = new Set<ServerResponse>();
  readonly #onRequest: Http1Listener;
  readonly #onRefused: (socket: Socket) => void;
  /** Of connections with a request that is served. */
  readonly #waiting = new WeakMap<Socket, Waiting[]>();
  #stopping = false;
  #drained: (() => void) | undefined;

  /** @param onRefused called with a connection that is closed because of what it has sent ahead */
  constructor(limits: Limits, onRequest: Http1Listener, onRefused: (socket: Socket) => void) {
    this.#onRequest = onRequest;
    this.#onRefused = onRefused;
    this.#server = createServer(
      {
        headersTimeout: limits.handshakeMs,
        requestTimeout: Math.max(limits.streamIdleMs, limits.handshakeMs),
        keepAliveTimeout: limits.connectionIdleMs,
        connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, limits.handshakeMs),
        maxHeaderSize: limits.headerBytes,
      },
      (request, response) => {
        this.#queue(request, response);
      },
    );
    // Node would leave out the others; they are counted where requests are refused.
    this.#server.maxHeadersCount = 0;
    // A server that never listens does not check its timeouts, and does not know its connections.
    this.#server.emit('listening');
  }

  /** Serves the requests of a connection; nothing has been read from it. */
  readonly take = (socket: Socket): void => {
    this.#server.emit('connection', socket);
    socket.resume();
  };

  /**
   * Closes idle connections now, and each other one after its response. Resolves when all responses
   * have been sent.
   */
  stop(): Promise<void> {
    this.#stopping = true;
    for (const response of this.#responses) response.shouldKeepAlive = false;
    this.#server.close();
    return new Promise((resolve) => {
      if (this.#responses.size === 0) resolve();
      else this.#drained = resolve;
    });
  }

  #queue(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const waiting = this.#waiting.get(socket);
    if (socket.destroyed) return;
    if (waiting === undefined) {
      this.#waiting.set(socket, []);
      this.#serve({ request, response });
    } else if (waiting.length < MAX_WAITING) {
      waiting.push({ request, response });
    } else {
      this.#onRefused(socket);
      takeNoMoreRequests(socket);
      socket.destroy();
    }
  }

  #serve({ request, response }: Waiting): void {
    const { socket } = request;
    this.#add(response);
    response.once('close', () => {
      const next = socket.destroyed ? undefined : this.#waiting.get(socket)?.shift();
      if (next === undefined) this.#waiting.delete(socket);
      else this.#serve(next);
    });
    this.#onRequest(request, response);
  }

  #add(response: ServerResponse): void {
    if (this.#stopping) response.shouldKeepAlive = false;
    this.#responses.add(response);
    response.once('close', () => {
      this.#responses.delete(response);
      if (this.#responses.size === 0) this.#drained?.();
    });
  }
}
