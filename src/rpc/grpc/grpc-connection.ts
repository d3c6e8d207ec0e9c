import type { X509Certificate } from 'node:crypto';
import { constants, type Http2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import { pauseReading } from '../../node-http2-internals.js';
import type { Connection } from '../connection.js';
import type { ReceivedHeaders } from './http2-headers.js';
import { LARGE_SHARE, ReadTurns, type Reader } from './read-turns.js';

/**
 * What one connection may bring in one turn of the event loop, requests and bytes of headers: Node
 * would read up to 2 MB, thousands of requests, before others get a turn. 100 is also how many calls
 * a connection may have, so that clients which keep to that notice nothing.
 */
const REQUESTS_PER_TURN = 100;
const HEADER_BYTES_PER_TURN = 256 * 1024;

/**
 * A connection on which that many requests in one turn are refused by their headers is closed. A
 * refusal takes 60 us, and a thousand of them fit into what Node reads together.
 */
const REFUSALS_PER_TURN = 100;

/**
 * A connection that has brought that many bytes of headers in one turn is closed. What Node reads
 * together has 64 KiB: only references, a byte each, make so much of it.
 */
const MAX_HEADER_BYTES_PER_TURN = 4 * 1024 * 1024;

/**
 * A connection that has brought that many unreadable headers in one turn is closed. No library of
 * gRPC sends them, and V8 keeps the value of each until the next full collection.
 */
const UNREADABLE_HEADERS_PER_TURN = 1000;

/** What one turn of the event loop brings is the same for all servers of a process. */
export const readTurns = new ReadTurns();

const clients = new WeakMap<Http2Session, ClientOfSession>();

/** Who is at the other end of a session; read once, because Node's proxy of the socket is slow. */
export class ClientOfSession implements Reader {
  /** The address and port: `127.0.0.1:53412`. */
  readonly address: string;
  readonly #session: Http2Session | undefined;
  #connection: Connection | undefined;
  #turn = -1;
  #requests = 0;
  #refusals = 0;
  #headerBytes = 0;
  #unreadableHeaders = 0;
  #isClosing = false;

  constructor(session?: Http2Session) {
    const { remoteAddress = 'unknown', remotePort = 0 } = session?.socket ?? {};
    this.address = `${remoteAddress}:${remotePort}`;
    this.#session = session;
  }

  /** A request has arrived. Returns false if it is to be ignored, because its connection is closed. */
  countRequest({ bytes, unreadable }: Pick<ReceivedHeaders, 'bytes' | 'unreadable'>): boolean {
    if (this.#isClosing) return false;
    const now = currentTurn();
    if (this.#turn !== now) {
      this.#turn = now;
      this.#requests = this.#refusals = this.#headerBytes = this.#unreadableHeaders = 0;
    }
    const before = this.share;
    this.#requests += 1;
    this.#headerBytes += bytes;
    this.#unreadableHeaders += unreadable;
    readTurns.count(this, this.share - before);
    return true;
  }

  /** Whether it has brought so many headers in this turn that no client needs as many. */
  get hasTooManyHeaders(): boolean {
    return (
      this.#headerBytes > MAX_HEADER_BYTES_PER_TURN ||
      this.#unreadableHeaders > UNREADABLE_HEADERS_PER_TURN
    );
  }

  /** How much it has brought in this turn, or in the last one with requests. */
  get share(): number {
    return Math.max(this.#requests / REQUESTS_PER_TURN, this.#headerBytes / HEADER_BYTES_PER_TURN);
  }

  /** Whether it is read in every turn. */
  get bringsLittle(): boolean {
    return this.share < LARGE_SHARE;
  }

  pause(): (() => void) | undefined {
    const session = this.#session;
    // One that is destroyed has no socket any more, also before it is closed.
    return session === undefined || session.destroyed ? undefined : pauseReading(session.socket);
  }

  /** The request that has arrived is refused, through no fault of the server. */
  countRefusal(): void {
    this.#refusals += 1;
    if (this.#refusals === REFUSALS_PER_TURN) this.close();
  }

  /**
   * Closes the connection after this turn. Within it, while Node passes on what it has read, it would
   * write empty frames without end if there are both calls and responses that are not sent.
   */
  close(): void {
    this.#isClosing = true;
    setImmediate(() => {
      this.#session?.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
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
    const reader = client;
    readTurns.add(reader);
    session.once('close', () => {
      readTurns.remove(reader);
    });
  }
  return client;
}

/** A certificate that TLS has not verified counts as none. */
function certificateOf({ socket }: Http2Session): X509Certificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  return socket.getPeerX509Certificate();
}
