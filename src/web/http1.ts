import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Limits } from '../limits.js';

/** How often connections are looked at for those that have exceeded a time. */
const CHECK_EVERY_MS = 1000;

/** Serves HTTP/1.1 on connections that something else has accepted. */
export class Http1 {
  readonly #server: Server;
  readonly #responses = new Set<ServerResponse>();
  #stopping = false;
  #drained: (() => void) | undefined;

  constructor(
    limits: Limits,
    onRequest: (request: IncomingMessage, response: ServerResponse) => void,
  ) {
    this.#server = createServer(
      {
        headersTimeout: limits.handshakeMs,
        requestTimeout: Math.max(limits.streamIdleMs, limits.handshakeMs),
        keepAliveTimeout: limits.connectionIdleMs,
        connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, limits.handshakeMs),
        maxHeaderSize: limits.headerBytes,
      },
      (request, response) => {
        this.#add(response);
        onRequest(request, response);
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

  #add(response: ServerResponse): void {
    if (this.#stopping) response.shouldKeepAlive = false;
    this.#responses.add(response);
    response.once('close', () => {
      this.#responses.delete(response);
      if (this.#responses.size === 0) this.#drained?.();
    });
  }
}
