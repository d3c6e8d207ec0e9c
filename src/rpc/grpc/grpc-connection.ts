import type { X509Certificate } from 'node:crypto';
import type { Http2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { Connection } from '../connection.js';

const clients = new WeakMap<Http2Session, ClientOfSession>();

/** Who is at the other end of a session; read once, because Node's proxy of the socket is slow. */
export class ClientOfSession {
  /** The address and port: `127.0.0.1:53412`. */
  readonly address: string;
  readonly #session: Http2Session | undefined;
  #connection: Connection | undefined;

  constructor(session?: Http2Session) {
    const { remoteAddress = 'unknown', remotePort = 0 } = session?.socket ?? {};
    this.address = `${remoteAddress}:${remotePort}`;
    this.#session = session;
  }

  /** One object for all calls. Made for those who need it: most servers never ask. */
  get connection(): Connection | undefined {
    if (this.#session === undefined) return undefined;
    return (this.#connection ??= { certificate: certificateOf(this.#session) });
  }
}

/** The same object for all calls of a session. */
export function clientOf(session: Http2Session | undefined): ClientOfSession {
  if (session === undefined) return new ClientOfSession();
  let client = clients.get(session);
  if (client === undefined) {
    client = new ClientOfSession(session);
    clients.set(session, client);
  }
  return client;
}

/** A certificate that TLS has not verified counts as none. */
function certificateOf({ socket }: Http2Session): X509Certificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  return socket.getPeerX509Certificate();
}
