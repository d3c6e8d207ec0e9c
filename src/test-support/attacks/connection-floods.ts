import type { Socket } from 'node:net';
import { rawConnection, tcpConnection, type RawConnection } from './raw-connection.js';

/** Connections that speak HTTP/2, reply to PINGs and never call anything. */
export function idleConnections(
  address: string,
  { connections = 1000, localAddress = '127.0.0.1' } = {},
): Promise<RawConnection[]> {
  const opened = Array.from({ length: connections }, () =>
    rawConnection(address, { localAddress }),
  );
  return Promise.all(opened);
}

/** Connections that send nothing, or these bytes, and stay. */
export async function silentConnections(
  address: string,
  { connections = 1000, bytes = Buffer.alloc(0), localAddress = '127.0.0.1' } = {},
): Promise<(Socket & Disposable)[]> {
  const opened = Array.from({ length: connections }, async () => {
    const socket = await tcpConnection(address, localAddress);
    if (bytes.length > 0) socket.write(bytes);
    socket.resume();
    return Object.assign(socket, {
      [Symbol.dispose]: () => {
        socket.destroy();
      },
    });
  });
  return Promise.all(opened);
}

/** The beginning of a TLS handshake whose rest never comes: a record of 16 KiB. */
export const TLS_RECORD_START = Buffer.of(0x16, 3, 1, 0x40, 0);

/** An HTTP/2 connection that breaks the protocol in its first frame: 48 bytes in all. */
export const BROKEN_HTTP2 = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  // SETTINGS with an invalid length, and what follows.
  Buffer.from([0, 0, 15, 4, 0, 0, 0, 0, 0]),
  Buffer.alloc(15),
]);
