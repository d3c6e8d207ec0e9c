import type { Http2Session } from 'node:http2';

/** How long to wait for a reset on a session that cannot be pinged. */
const NO_PING_WAIT_MS = 50;

interface PendingPing {
  /** Resolves with the reply to the PING that is under way. */
  readonly current: Promise<void>;
  /** The next PING, for calls that half-closed after the current one was sent. */
  next: Promise<void> | undefined;
}

const pendingPings = new WeakMap<Http2Session, PendingPing>();

/**
 * Resolves once a RST_STREAM that the client sent together with its half-close must have arrived.
 *
 * A Node client that cancels, or whose deadline passes, first half-closes and then resets the stream,
 * up to 20 ms later when it is busy; nothing on the wire distinguishes the two cases. A PING does:
 * the client sends its reply after the reset. This costs one round trip.
 */
export function confirmHalfClose(session: Http2Session | undefined): Promise<void> {
  if (session === undefined || session.destroyed) return delay(NO_PING_WAIT_MS);
  const pending = pendingPings.get(session);
  // The reply to a PING that was sent before the half-close proves nothing.
  if (pending !== undefined) return (pending.next ??= pending.current.then(() => ping(session)));
  return ping(session);
}

function ping(session: Http2Session): Promise<void> {
  const current = new Promise<void>((resolve) => {
    const waitInstead = (): void => {
      void delay(NO_PING_WAIT_MS).then(resolve);
    };
    const replied = (error: Error | null): void => {
      // A session that is closing reports an error for every PING immediately.
      if (error !== null) waitInstead();
      // The reset may follow the reply in the same read.
      else setImmediate(resolve);
    };
    if (session.destroyed || !session.ping(replied)) waitInstead();
  });
  const entry: PendingPing = { current, next: undefined };
  pendingPings.set(session, entry);
  void current.then(() => {
    if (pendingPings.get(session) === entry) pendingPings.delete(session);
  });
  return current;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
