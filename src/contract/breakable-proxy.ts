import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be broken. */
export interface BreakableProxy extends AsyncDisposable {
  /** HOST:PORT to connect to instead of the server. */
  readonly address: string;
  /** Cuts all connections, without a word to either side. */
  break(): void;
}

/** Passes on bytes between clients and the server at that address, until it is told to break. */
export async function openProxy(target: string): Promise<BreakableProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const [host, port] = [target.replace(/:\d+$/, ''), Number(/\d+$/.exec(target)?.[0])];
  const server = createServer((client) => {
    const upstream = keep(connect(port, host));
    keep(client).pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    break: breakAll,
    [Symbol.asyncDispose]: async () => {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}
