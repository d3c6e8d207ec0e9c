import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';

/** How many calls a server allows on one connection. */
const CALLS_PER_CONNECTION = 100;

/** The connections of clients that have stopped reading. */
export interface StalledReaders extends Disposable {
  readonly sessions: readonly ClientHttp2Session[];
}

/**
 * Calls a method that streams responses, and reads none of them: resolves when each call has its
 * headers or has ended. Their flow-control windows stay full.
 */
export async function stalledReaders(
  address: string,
  {
    readers = 2000,
    path = '/personguide.PersonGuide/ListPersons',
    request = Buffer.alloc(0),
  }: { readers?: number; path?: string; request?: Uint8Array } = {},
): Promise<StalledReaders> {
  const sessions: ClientHttp2Session[] = [];
  const opened: Promise<unknown>[] = [];
  for (let first = 0; first < readers; first += CALLS_PER_CONNECTION) {
    const session = connect(`http://${address}`);
    sessions.push(session.on('error', () => undefined));
    await once(session, 'connect');
    // Wide enough that each stream stalls by its own window.
    session.setLocalWindowSize(2 ** 30);
    for (let index = first; index < Math.min(first + CALLS_PER_CONNECTION, readers); index += 1) {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => undefined);
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(request.length, 1);
      stream.end(Buffer.concat([prefix, request]));
      opened.push(
        new Promise((resolve) => stream.once('response', resolve).once('close', resolve)),
      );
    }
  }
  await Promise.all(opened);
  return {
    sessions,
    [Symbol.dispose]: () => {
      for (const session of sessions) session.destroy();
    },
  };
}
