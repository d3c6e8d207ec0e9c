import type { Http2Session, Http2Stream } from 'node:http2';

/** For a connection that cannot be asked. */
const unaskableGraceMs = 50;

interface Asked {
  /** The answer that is under way. */
  readonly current: Promise<void>;
  /** The next one, for those who came after the question was sent. */
  next: Promise<void> | undefined;
}

const asked = new WeakMap<Http2Session, Asked>();

/**
 * Resolves when a cancel would have been seen that was sent together with a half-close.
 *
 * A client on Node that cancels, or runs into its deadline, first half-closes and resets the stream
 * after that, up to some 20 ms later when it is busy; nothing on the wire tells the two apart. A PING
 * does: its answer leaves the client after the reset. It costs a round trip.
 */
export function afterHalfClose(call: object): Promise<void> {
  const session = innermost(call)?.stream.session;
  if (session === undefined || session.destroyed) return delay(unaskableGraceMs);
  const open = asked.get(session);
  // An answer to a question of before the half-close proves nothing.
  if (open !== undefined) return (open.next ??= open.current.then(() => ask(session)));
  return ask(session);
}

function ask(session: Http2Session): Promise<void> {
  const current = new Promise<void>((resolve) => {
    const unasked = (): void => {
      void delay(unaskableGraceMs).then(resolve);
    };
    const answered = (error: Error | null): void => {
      // A session that is closing tells this of every question, at once.
      if (error !== null) unasked();
      // The reset may stand behind the answer in the same read.
      else setImmediate(resolve);
    };
    if (session.destroyed || !session.ping(answered)) unasked();
  });
  const entry: Asked = { current, next: undefined };
  asked.set(session, entry);
  void current.then(() => {
    if (asked.get(session) === entry) asked.delete(session);
  });
  return current;
}

/**
 * Whether the client half-closed in the middle of a message. grpc-js drops the beginning of that
 * message without a word: what came before would look like all there was.
 */
export function endsInsideMessage(call: object): boolean {
  const betweenMessages = 0;
  return (innermost(call)?.decoder?.readState ?? betweenMessages) !== betweenMessages;
}

/** The part of a call of grpc-js that reads and writes HTTP/2. */
interface Innermost {
  readonly stream: Http2Stream;
  readonly decoder?: { readonly readState?: number };
}

/** It lies below the interceptors; grpc-js has no public way to it. */
function innermost(call: object): Innermost | undefined {
  let layer: unknown = (call as { call?: unknown }).call;
  while (typeof layer === 'object' && layer !== null) {
    if ('stream' in layer) return layer as Innermost;
    layer = (layer as { nextCall?: unknown }).nextCall;
  }
  return undefined;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
