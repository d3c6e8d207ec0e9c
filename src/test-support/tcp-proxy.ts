import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy between clients and a TCP server that a test controls. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** The bytes of clients pass until one of their chunks contains the text; then `onMatch` runs. */
  watchFor(text: string, onMatch: () => void): void;
  /** From now on the proxy passes no bytes, and keeps the connections open. */
  stall(): void;
  /** From now on the proxy drops what the server sends; what clients send still passes. */
  loseResponses(): void;
  /** Closes all connections, and passes bytes of new ones again. */
  cut(): void;
}

/** What a proxy knows about the protocol that it passes on. */
export interface TcpProxyOptions {
  /** The host of the server. The default is 127.0.0.1. */
  readonly host?: string;
  /** Makes a function for each connection that splits the bytes of the server into messages. */
  readonly splitResponses?: () => (bytes: Buffer) => Buffer[];
  /** Messages of the server that are never dropped. */
  readonly isAlwaysPassed?: (message: Buffer) => boolean;
}

/** Starts a proxy to that port. */
export async function openTcpProxy(
  targetPort: number,
  {
    host = '127.0.0.1',
    splitResponses = () => (bytes) => [bytes],
    isAlwaysPassed = () => false,
  }: TcpProxyOptions = {},
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let passesRequests = true;
  let passesResponses = true;
  let watched: { text: string; onMatch: () => void } | undefined;
  const server = createServer((client) => {
    const upstream = connect(targetPort, host);
    const split = splitResponses();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          client.destroy();
          upstream.destroy();
          sockets.delete(socket);
        });
    }
    client.on('data', (bytes) => {
      if (watched !== undefined && bytes.includes(watched.text)) {
        const { onMatch } = watched;
        watched = undefined;
        onMatch();
      }
      if (passesRequests) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      for (const message of split(bytes)) {
        if (passesResponses || isAlwaysPassed(message)) client.write(message);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function cut(): void {
    passesRequests = passesResponses = true;
    for (const socket of sockets) socket.destroy();
  }

  return {
    port: (server.address() as AddressInfo).port,
    watchFor: (text, onMatch) => {
      watched = { text, onMatch };
    },
    stall: () => {
      passesRequests = passesResponses = false;
    },
    loseResponses: () => {
      passesResponses = false;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
