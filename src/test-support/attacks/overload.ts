import { once } from 'node:events';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';

/** What came of the calls of an overload. */
export interface Overload extends Disposable {
  readonly sessions: readonly ClientHttp2Session[];
  /** How many calls ended with each `grpc-status`, or with `none`. */
  readonly statuses: ReadonlyMap<string, number>;
}

/** Calls a unary method for that long, with as many calls open at a time as the server allows. */
export async function overload(
  address: string,
  {
    path = '/personguide.PersonGuide/GetPhone',
    request = Buffer.of(16, 1),
    connections = 20,
    perConnection = 100,
    durationMs = 5000,
  } = {},
): Promise<Overload> {
  const statuses = new Map<string, number>();
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(request.length, 1);
  const body = Buffer.concat([prefix, request]);
  const callOnce = (session: ClientHttp2Session): Promise<void> =>
    new Promise((resolve) => {
      let status = 'none';
      const note = (headers: IncomingHttpHeaders): void => {
        if (typeof headers['grpc-status'] === 'string') status = headers['grpc-status'];
      };
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
      const stream = session.request({ ...headers, te: 'trailers' });
      stream
        .on('error', () => undefined)
        .on('response', note)
        .on('trailers', note);
      stream.once('close', () => {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        resolve();
      });
      stream.resume().end(body);
    });
  const sessions = Array.from({ length: connections }, () =>
    connect(`http://${address}`).on('error', () => undefined),
  );
  await Promise.all(sessions.map((session) => once(session, 'connect')));
  const endMs = Date.now() + durationMs;
  const callOn = async (session: ClientHttp2Session): Promise<void> => {
    // A server that stops closes them.
    const isOpen = (): boolean => !session.closed && !session.destroyed;
    while (Date.now() < endMs && isOpen()) await callOnce(session);
  };
  await Promise.all(
    sessions.flatMap((session) => Array.from({ length: perConnection }, () => callOn(session))),
  );
  return {
    sessions,
    statuses,
    [Symbol.dispose]: () => {
      for (const session of sessions) session.destroy();
    },
  };
}
