import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, Http2ServerRequest, Http2ServerResponse, type Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Connection, Headers } from '../rpc/index.js';

/** A request of HTTP/1.1 or of HTTP/2. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** A response of HTTP/1.1 or of HTTP/2. */
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** The path of a request, without its query. */
export function pathOf({ url = '/' }: HttpRequest): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** The client's address and port. */
export function peerOf({ socket }: Pick<HttpRequest, 'socket'>): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
}

/** The session of a request of HTTP/2. */
export function sessionOf(request: HttpRequest): Http2Session | undefined {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- undefined once destroyed
  return request instanceof Http2ServerRequest ? request.stream?.session : undefined;
}

const connections = new WeakMap<object, Connection>();

/** The connection of a request: one object for all its requests. */
export function connectionOf(request: HttpRequest): Connection {
  const key = sessionOf(request) ?? request.socket;
  let connection = connections.get(key);
  if (connection === undefined) {
    connection = certified(request.socket);
    connections.set(key, connection);
  }
  return connection;
}

/** A certificate that TLS has not verified counts as none. */
function certified(socket: Socket): Connection {
  const isVerified = socket instanceof TLSSocket && socket.authorized;
  return { certificate: isVerified ? socket.getPeerX509Certificate() : undefined };
}

/** The headers of a request as calls have them: by lower-case name, bytes for `-bin` names. */
export function headersOf({ rawHeaders }: HttpRequest): Headers {
  const headers = Object.create(null) as Record<string, (string | Buffer)[] | undefined>;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (name.startsWith(':')) continue;
    const value = rawHeaders[index + 1] ?? '';
    const values = (headers[name] ??= []);
    if (name.endsWith('-bin')) values.push(...value.split(',').map(decodeBase64));
    else values.push(value);
  }
  return headers;
}

function decodeBase64(text: string): Buffer {
  return Buffer.from(text.trim(), 'base64');
}

/** Closes the connection of a request, or resets its stream. */
export function abandon(response: HttpResponse): void {
  if (response instanceof Http2ServerResponse) {
    response.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  } else {
    response.destroy();
  }
}

/** Sends a part of the body; false if the client reads more slowly than it is sent. */
export function send(response: HttpResponse, chunk: Uint8Array): boolean {
  // A union of functions cannot be called, although these two take the same.
  const writable: Pick<ServerResponse, 'write'> = response;
  return writable.write(chunk);
}

/** Resolves when there is room to write again, or when the response is closed. */
export function drained(response: HttpResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}
