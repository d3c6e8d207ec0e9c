import { once } from 'node:events';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';

/** A call on a connection of its own. */
export interface Http2Call {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
}

/**
 * Opens a call with exactly these headers besides those of gRPC. It sends no message and reads
 * none: that is up to the test, which closes the session. `path` is `/package.Service/Method`.
 */
export async function http2Call(
  address: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
): Promise<Http2Call> {
  const session = connect(`http://${address}`);
  // Broken connections are what these tests are about.
  session.on('error', () => undefined);
  await once(session, 'connect');
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => undefined);
  return { session, stream };
}

// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: flag, length, message
const PREFIX_BYTES = 5;

/** A message as it travels in a stream. */
export function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The messages that come in over a raw call. */
export async function* messagesOf(stream: ClientHttp2Stream): AsyncGenerator<Buffer, void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + rest.readUInt32BE(1);
      if (rest.length < end) break;
      yield rest.subarray(PREFIX_BYTES, end);
      rest = rest.subarray(end);
    }
  }
}
