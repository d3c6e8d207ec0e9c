import type { ServerHttp2Session } from 'node:http2';
import { hasUnsentBytes } from '../../node-http2-internals.js';

/** How often the connections are looked at. */
const LOOK_MS = 1000;

/** When unresponsive connections are closed. */
export interface KeepaliveOptions {
  /** After how long without a byte from the client it is pinged, in milliseconds. Default: 10,000. */
  readonly quietMs?: number | undefined;
  /** After how long without a byte from the client after that it is closed. Default: 5,000. */
  readonly timeoutMs?: number | undefined;
}

/** The state of a connection at the last look. */
interface Watched {
  readonly session: ServerHttp2Session;
  bytesRead: number;
  /** For how many looks nothing has arrived. */
  quietLooks: number;
  /** What had been written before the last PING; undefined if none is on its way. */
  writtenBeforePing: number | undefined;
}

/**
 * Closes connections that do not respond, and those whose client has broken the rules of HTTP/2.
 *
 * Any byte from the client counts as a response, not only that to the PING: under load the latter is
 * behind all that the client has sent before. Looks are counted, not milliseconds, because after a
 * long turn of the event loop its timers come before what has arrived meanwhile.
 *
 * When a client breaks the rules, nghttp2 sends GOAWAY and from then on neither reads nor writes, but
 * Node keeps the connection. It shows in a PING that is not written.
 */
export class SessionWatch {
  readonly #watched = new Map<ServerHttp2Session, Watched>();
  readonly #lookMs: number;
  readonly #quietLooks: number;
  readonly #lastLook: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ quietMs = 10_000, timeoutMs = 5000 }: KeepaliveOptions = {}) {
    this.#lookMs = Math.min(LOOK_MS, quietMs, timeoutMs);
    this.#quietLooks = Math.ceil(quietMs / this.#lookMs);
    this.#lastLook = this.#quietLooks + Math.ceil(timeoutMs / this.#lookMs);
  }

  /** Watches a new connection until it is closed. */
  add(session: ServerHttp2Session): void {
    this.#watched.set(session, {
      session,
      bytesRead: 0,
      quietLooks: 0,
      writtenBeforePing: undefined,
    });
    session.once('close', () => {
      this.#watched.delete(session);
    });
    this.#timer ??= setInterval(() => {
      this.#lookAtAll();
    }, this.#lookMs).unref();
  }

  #lookAtAll(): void {
    for (const watched of this.#watched.values()) this.#look(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(watched: Watched): void {
    const { session, writtenBeforePing } = watched;
    // Node sends no PING on a session that is closing, and its calls were given time to finish.
    if (session.destroyed || session.closed) return;
    const { bytesRead, bytesWritten } = session.socket;
    if (writtenBeforePing === bytesWritten && !hasUnsentBytes(session.socket)) {
      session.destroy();
      return;
    }
    const isQuiet = bytesRead === watched.bytesRead;
    watched.bytesRead = bytesRead;
    watched.quietLooks = isQuiet ? watched.quietLooks + 1 : 0;
    if (watched.quietLooks >= this.#lastLook) session.destroy();
    else if (watched.quietLooks === 0 || watched.quietLooks === this.#quietLooks) ping(watched);
  }
}

/** One PING at a time. */
function ping(watched: Watched): void {
  const { session } = watched;
  if (watched.writtenBeforePing !== undefined) return;
  watched.writtenBeforePing = session.socket.bytesWritten;
  session.ping(() => {
    watched.writtenBeforePing = undefined;
  });
}
