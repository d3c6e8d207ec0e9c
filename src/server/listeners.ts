import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { parseHostPort } from '../host-port.js';
import { completeLimits, type Limits } from '../limits.js';
import { ConnectionLimits } from './connection-limits.js';
import { passHttp2 } from './http2-preface.js';
import { readTls, StartError, type ListenOptions } from './listen.js';
import type { Log } from './log.js';
import { limitedWarning, type Warn } from './limited-warning.js';
import { reloadTls } from './tls-reload.js';

/** The listening sockets of a server, and the connections that they have accepted. */
export interface Listeners {
  /** HOST:PORT as given, with the ports taken. */
  readonly addresses: readonly string[];
  /** Calls back with each connection that speaks HTTP/2; those that came before wait until then. */
  onConnection(callback: (socket: Socket) => void): void;
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
): Promise<Listeners> {
  const tls = readTls(options.tls);
  const accepted = new AcceptedConnections(limitedWarning(log), completeLimits(options.limits));
  const servers: Server[] = [];
  const listen = async (address: string): Promise<string> => {
    const { port, opened } = await listenOn(address, () => accepted.createServer(tls));
    servers.push(...opened);
    return address.replace(/\d+$/, port.toString());
  };
  const stopReloading = reloadTls(options.tls, servers, log);
  const close = (): void => {
    stopReloading();
    for (const server of servers) server.close();
  };
  const destroy = (): void => {
    close();
    accepted.destroy();
  };
  try {
    const addresses: string[] = [];
    for (const address of options.listen) addresses.push(await listen(address));
    for (const address of options.optionalListen ?? []) {
      const opened = await listen(address).catch((error: unknown) => {
        log.warn({ address }, `${textOf(error)}; it is optional, so the server starts without it`);
      });
      if (opened !== undefined) addresses.push(opened);
    }
    return {
      addresses,
      onConnection: (callback) => {
        accepted.passTo(callback);
      },
      close,
      destroy,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}

/** The connections of all listening sockets. */
class AcceptedConnections {
  readonly #sockets = new Set<Socket>();
  readonly #warn: Warn;
  readonly #handshakeMs: number;
  readonly #limits: ConnectionLimits;
  #waiting: Socket[] = [];
  #callback: ((socket: Socket) => void) | undefined;

  constructor(warn: Warn, limits: Limits) {
    this.#warn = warn;
    this.#handshakeMs = limits.handshakeMs;
    this.#limits = new ConnectionLimits(limits);
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
    socket.destroy();
  }

  passTo(callback: (socket: Socket) => void): void {
    this.#callback = callback;
    for (const socket of this.#waiting.splice(0)) callback(socket);
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #plainServer(): Server {
    return createServer((socket) => {
      this.#passHttp2(socket);
    });
  }

  #passHttp2(socket: Socket): void {
    passHttp2(socket, this.#handshakeMs, this.#pass, (reason) => {
      this.#warn({ peer: peerOf(socket), reason }, 'refused a connection');
    });
  }

  #tlsServer(tls: TlsOptions): Server {
    const options = {
      ...tls,
      ALPNProtocols: ['h2', 'http/1.1'],
      // Node waits for two minutes, also for a client that sends a byte per second.
      handshakeTimeout: this.#handshakeMs,
    };
    const server = createTlsServer(options, (socket) => {
      if (socket.alpnProtocol === 'h2') this.#pass(socket);
      else this.#passHttp2(socket);
    });
    return server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const reason = 'reason' in error ? String(error.reason) : (error.code ?? error.message);
      this.#warn({ peer: peerOf(socket), reason }, 'TLS handshake failed');
      socket.destroy();
    });
  }

  readonly #pass = (socket: Socket): void => {
    // Until a session takes the socket over, its errors have no other listener.
    socket.on('error', () => undefined);
    if (this.#callback === undefined) this.#waiting.push(socket);
    else this.#callback(socket);
  };
}

function peerOf({ remoteAddress = 'unknown', remotePort = 0 }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}

interface OpenedAddress {
  readonly port: number;
  /** One per address of the host, all on the same port. */
  readonly opened: readonly Server[];
}

async function listenOn(address: string, create: () => Server): Promise<OpenedAddress> {
  const { host, port } = parseHostPort(address, 'listen') ?? { host: address, port: 0 };
  const opened: Server[] = [];
  try {
    let taken = port;
    for (const ip of await addressesOf(host)) {
      const server = create();
      if (!(await tryListen(server, ip, taken, opened.length > 0))) continue;
      opened.push(server);
      taken = portOf(server);
    }
    return { port: taken, opened };
  } catch (error) {
    for (const server of opened) server.close();
    throw new StartError(`cannot listen on ${address}: ${explained(error, host)}`);
  }
}

/** All addresses of a host: `localhost` usually has one of IPv4 and one of IPv6. */
async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

/** Resolves with false for a further address of a host that this machine does not have. */
async function tryListen(
  server: Server,
  host: string,
  port: number,
  isFurther: boolean,
): Promise<boolean> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (isFurther && ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(code)) return false;
    throw error;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function explained(error: unknown, host: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return 'the port is in use; stop the other program or give another --listen';
    case 'EACCES':
      return 'permission denied; choose a port above 1023';
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host} is unknown`;
    default:
      return textOf(error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
