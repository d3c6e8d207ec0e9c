import type { X509Certificate } from 'node:crypto';
import { constants, type Http2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import { pauseUntilNextTurn } from '../../node-http2-internals.js';
import type { Connection } from '../connection.js';

/**
 * A connection that has brought that many requests in one turn of the event loop is not read until
 * the next one: Node would read up to 2 MB, thousands of requests, before others get a turn. It is
 * also how many calls a connection may have, so that clients which keep to that notice nothing.
 */
const REQUESTS_PER_TURN = 100;

/**
 * A connection on which that many requests in one turn are refused by their headers is closed. A
 * refusal takes 60 us, and a thousand of them fit into what Node reads together.
 */
const REFUSALS_PER_TURN = 100;

const clients = new WeakMap<Http2Session, ClientOfSession>();

/** Who is at the other end of a session; read once, because Node's proxy of the socket is slow. */
export class ClientOfSession {
  /** The address and port: `127.0.0.1:53412`. */
  readonly address: string;
  readonly #session: Http2Session | undefined;
  #connection: Connection | undefined;
  #turn = -1;
  #requests = 0;
  #refusals = 0;

  constructor(session?: Http2Session) {
    const { remoteAddress = 'unknown', remotePort = 0 } = session?.socket ?? {};
    this.address = `${remoteAddress}:${remotePort}`;
    this.#session = session;
  }

  /** A request has arrived. */
  countRequest(): void {
    const now = currentTurn();
    if (this.#turn !== now) {
      this.#turn = now;
      this.#requests = this.#refusals = 0;
    }
    this.#requests += 1;
    if (this.#requests !== REQUESTS_PER_TURN || this.#session === undefined) return;
    pauseUntilNextTurn(this.#session.socket);
  }

  /** The request that has arrived is refused, through no fault of the server. */
  countRefusal(): void {
    this.#refusals += 1;
    if (this.#refusals !== REFUSALS_PER_TURN) return;
    this.#session?.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** One object for all calls. Made for those who need it: most servers never ask. */
  get connection(): Connection | undefined {
    if (this.#session === undefined) return undefined;
    return (this.#connection ??= { certificate: certificateOf(this.#session) });
  }
}

let turn = 0;
let isTurnCounted = false;

/** A number for the turn of the event loop. */
function currentTurn(): number {
  if (!isTurnCounted) {
    isTurnCounted = true;
    setImmediate(() => {
      isTurnCounted = false;
      turn += 1;
    });
  }
  return turn;
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
