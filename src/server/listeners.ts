import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { completeLimits, type Limits } from '../limits.js';
import { bindAll } from './bind.js';
import { ConnectionLimits } from './connection-limits.js';
import { explainHttp2, passByProtocol, type RefusalListener } from './first-bytes.js';
import { readTls, type ListenOptions } from './listen.js';
import type { Log } from './log.js';
import { limitedWarning, type Warn } from './limited-warning.js';
import type { Traffic } from '../metrics/index.js';
import { reloadTls } from './tls-reload.js';

/** What takes the connections of a server; nothing has been read from them. */
export interface ConnectionTakers {
  readonly http2: (socket: Socket) => void;
  /** Without it, clients of HTTP/1.1 get a response that explains what the port serves. */
  readonly http1?: ((socket: Socket) => void) | undefined;
}

/** The listening sockets of a server, and the connections that they have accepted. */
export interface Listeners {
  /** HOST:PORT as given, with the ports taken. */
  readonly addresses: readonly string[];
  /** Passes each connection on; those that came before wait until then. */
  onConnection(takers: ConnectionTakers): void;
  /** Reports that the calls of these services are taken now. */
  announce(services: readonly string[]): void;
  /** Stops listening. Connections stay open. */
  close(): void;
  /** Stops listening and closes all connections immediately. */
  destroy(): void;
}

/**
 * Listens on all addresses. Rejects with a StartError that names the address and the reason; nothing
 * is left open then.
 */
export async function openListeners(
  options: ListenOptions,
  log: Pick<Log, 'info' | 'warn'>,
  traffic?: Traffic,
): Promise<Listeners> {
  const tls = readTls(options.tls);
  const accepted = new AcceptedConnections(
    limitedWarning(log),
    completeLimits(options.limits),
    traffic,
  );
  try {
    const { addresses, servers } = await bindAll(options, log, () => accepted.createServer(tls));
    const stopReloading = reloadTls(options.tls, servers, log);
    return accepted.listeners(addresses, {
      announce: (services) => {
        log.info({ addresses, services }, 'listening');
      },
      close: () => {
        stopReloading();
        for (const server of servers) server.close();
      },
    });
  } catch (error) {
    accepted.destroy();
    throw error;
  }
}

/** Another process, which listens at the addresses and passes connections to this one until `close`. */
export interface ConnectionSource extends Pick<Listeners, 'announce' | 'close'> {
  readonly addresses: readonly string[];
  onConnection(callback: (socket: Socket) => void): void;
}

/** Takes the connections that another process has accepted. */
export function receiveConnections(
  source: ConnectionSource,
  options: ListenOptions,
  log: Pick<Log, 'info' | 'warn'>,
  traffic?: Traffic,
): Listeners {
  const accepted = new AcceptedConnections(
    limitedWarning(log),
    completeLimits(options.limits),
    traffic,
  );
  const server = accepted.createServer(readTls(options.tls));
  const stopReloading = reloadTls(options.tls, [server], log);
  source.onConnection((socket) => {
    server.emit('connection', socket);
  });
  return accepted.listeners(source.addresses, {
    announce: (services) => {
      source.announce(services);
    },
    close: () => {
      stopReloading();
      source.close();
    },
  });
}

/** The connections of all listening sockets. */
class AcceptedConnections {
  readonly #sockets = new Set<Socket>();
  readonly #warn: Warn;
  readonly #handshakeMs: number;
  readonly #limits: ConnectionLimits;
  readonly #traffic: Traffic | undefined;
  #waiting: ((takers: ConnectionTakers) => void)[] = [];
  #takers: ConnectionTakers | undefined;

  constructor(warn: Warn, limits: Limits, traffic: Traffic | undefined) {
    this.#traffic = traffic;
    this.#warn = warn;
    this.#handshakeMs = limits.handshakeMs;
    this.#limits = new ConnectionLimits(limits);
  }

  /** These connections as those of listeners that are announced and closed in that way. */
  listeners(
    addresses: readonly string[],
    { announce, close }: Pick<Listeners, 'announce' | 'close'>,
  ): Listeners {
    return {
      addresses,
      onConnection: (takers) => {
        this.passTo(takers);
      },
      announce,
      close,
      destroy: () => {
        close();
        this.destroy();
      },
    };
  }

  /** A server that accepts connections into this set. */
  createServer(tls: TlsOptions | undefined): Server {
    const server = tls === undefined ? this.#plainServer() : this.#tlsServer(tls);
    server.on('connection', (socket: Socket) => {
      this.#accept(socket);
    });
    return server;
  }

  #accept(socket: Socket): void {
    // A socket that is closed has no address any more.
    const address = socket.remoteAddress ?? 'unknown';
    const refusal = this.#limits.open(address);
    if (refusal !== undefined) {
      this.#refuse(socket, refusal);
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#limits.close(address);
    });
  }

  #refuse(socket: Socket, reason: string): void {
    this.#warn({ peer: peerOf(socket), reason }, 'refused a connection');
    this.#traffic?.refusedConnections.add(
      reason === 'too many connections' ? 'too_many' : 'too_many_from_address',
    );
    socket.destroy();
  }

  passTo(takers: ConnectionTakers): void {
    this.#takers = takers;
    for (const pass of this.#waiting.splice(0)) pass(takers);
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #plainServer(): Server {
    return createServer((socket) => {
      this.#take(socket);
    });
  }

  #take(socket: Socket): void {
    const refused: RefusalListener = (reason, kind) => {
      this.#warn({ peer: peerOf(socket), reason }, 'refused a connection');
      this.#traffic?.refusedConnections.add(kind);
    };
    passByProtocol(socket, this.#handshakeMs, {
      http2: () => {
        this.#pass(({ http2 }) => {
          this.#count(socket, 'http2');
          http2(socket);
        });
      },
      http1: () => {
        this.#pass(({ http1 }) => {
          if (http1 !== undefined) {
            this.#count(socket, 'http1');
            http1(socket);
          } else {
            refused('it speaks HTTP/1.1', 'http1');
            explainHttp2(socket, this.#handshakeMs);
          }
        });
      },
      refused,
    });
  }

  #count(socket: Socket, protocol: 'http1' | 'http2'): void {
    const disconnected = this.#traffic?.connected(protocol);
    if (disconnected !== undefined) socket.once('close', disconnected);
  }

  #pass(pass: (takers: ConnectionTakers) => void): void {
    if (this.#takers === undefined) this.#waiting.push(pass);
    else pass(this.#takers);
  }

  #tlsServer(tls: TlsOptions): Server {
    const options = {
      ...tls,
      ALPNProtocols: ['h2', 'http/1.1'],
      // Node waits for two minutes, also for a client that sends a byte per second.
      handshakeTimeout: this.#handshakeMs,
    };
    const server = createTlsServer(options, (socket) => {
      this.#take(socket);
    });
    return server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const reason = 'reason' in error ? String(error.reason) : (error.code ?? error.message);
      this.#warn({ peer: peerOf(socket), reason }, 'TLS handshake failed');
      this.#traffic?.refusedConnections.add('tls');
      socket.destroy();
    });
  }
}

function peerOf({ remoteAddress = 'unknown', remotePort = 0 }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
