import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be broken. */
export interface BreakableProxy extends AsyncDisposable {
  /** HOST:PORT to connect to instead of the server. */
  readonly address: string;
  /** From now on keeps the server's answers from its clients, until the next break(). */
  loseAnswers(): void;
  /** Cuts all connections, without a word to either side. */
  break(): void;
}

// https://httpwg.org/specs/rfc9113.html#FrameHeader
const HEADER_BYTES = 9;
const TYPE_AT = 3;
const PING = 6;

/** Takes the bytes of an HTTP/2 connection and gives its frames. */
function cutFrames(give: (frame: Buffer) => void): (bytes: Buffer) => void {
  let held = Buffer.alloc(0);
  return (bytes) => {
    held = Buffer.concat([held, bytes]);
    while (held.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + held.readUIntBE(0, 3);
      if (held.length < end) return;
      give(held.subarray(0, end));
      held = held.subarray(end);
    }
  };
}

/** Passes on bytes between clients and the server at that address, until `break` is called. */
export async function openProxy(target: string): Promise<BreakableProxy> {
  const sockets = new Set<Socket>();
  let losing = false;
  const [host, port] = [target.replace(/:\d+$/, ''), Number(/\d+$/.exec(target)?.[0])];
  const server = createServer((client) => {
    const upstream = connect(port, host);
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
    client.pipe(upstream);
    const passFrames = cutFrames((frame) => {
      // What keeps the connection alive goes through: the server asks for it before it commits.
      if (!losing || frame[TYPE_AT] === PING) client.write(frame);
    });
    upstream.on('end', () => client.end()).on('data', passFrames);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = (): void => {
    losing = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseAnswers: () => {
      losing = true;
    },
    break: breakAll,
    [Symbol.asyncDispose]: async () => {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}
