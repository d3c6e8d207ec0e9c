import type { X509Certificate } from 'node:crypto';
import type { Http2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { Connection } from '../connection.js';

const connections = new WeakMap<Http2Session, Connection>();

/** The connection of a session: one object for all its calls. */
export function connectionOf(session: Http2Session): Connection {
  let connection = connections.get(session);
  if (connection === undefined) {
    connection = { certificate: certificateOf(session) };
    connections.set(session, connection);
  }
  return connection;
}

/** A certificate that TLS has not verified counts as none. */
function certificateOf({ socket }: Http2Session): X509Certificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  return socket.getPeerX509Certificate();
}
