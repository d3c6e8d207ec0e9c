import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be broken. */
export interface BreakableProxy extends AsyncDisposable {
  /** HOST:PORT to connect to instead of the server. */
  readonly address: string;
  /** From now on keeps what the server says from its clients, until the next break(). */
  mute(): void;
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
  let muted = false;
  const [host, port] = [target.replace(/:\d+$/, ''), Number(/\d+$/.exec(target)?.[0])];
  const server = createServer((client) => {
    const upstream = keep(connect(port, host));
    keep(client).pipe(upstream);
    upstream
      .on('end', () => client.end())
      .on('data', (bytes) => {
        if (!muted) client.write(bytes);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = () => {
    muted = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    mute: () => {
      muted = true;
    },
    break: breakAll,
    [Symbol.asyncDispose]: async () => {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}
