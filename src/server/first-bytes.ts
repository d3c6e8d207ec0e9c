import { METHODS } from 'node:http';
import type { Socket } from 'node:net';

/** https://www.rfc-editor.org/rfc/rfc9113#section-3.4; no HTTP/1.1 method begins like this. */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** How requests of HTTP/1.1 begin. */
const REQUEST_STARTS = METHODS.map((method) => `${method} `);

const HTTP1_TEXT = `This port serves gRPC over HTTP/2, and the request is HTTP/1.1.
With curl, use --http2-prior-knowledge; for a call with JSON, use buf curl or grpcurl.
`;

/** Called with the reason why a connection is refused, and its kind for metrics. */
export type RefusalListener = (reason: string, kind: 'silent' | 'http1' | 'not_http2') => void;

/** What to do with a socket, once its client has shown what it speaks. */
export interface SocketTakers {
  /** It begins with the whole HTTP/2 preface. */
  readonly http2: (socket: Socket) => void;
  readonly http1: (socket: Socket) => void;
  /** Called with the reason when it is neither; the socket is closed. */
  readonly refused: RefusalListener;
}

/**
 * Waits until the client of a socket has shown which protocol it speaks, at most that long, and
 * passes the socket on, paused; nothing is taken from it.
 */
export function passByProtocol(socket: Socket, timeoutMs: number, takers: SocketTakers): void {
  let read: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => {
    const sent = read.length === 0 ? 'nothing' : 'only the beginning of a request';
    takers.refused(`it sent ${sent} within ${timeoutMs} ms`, 'silent');
    socket.destroy();
  }, timeoutMs);
  const onData = (chunk: Buffer): void => {
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const start = read.toString('latin1', 0, PREFACE.length);
    // Until the whole preface is there, its session would have no timeout.
    if ([PREFACE, ...REQUEST_STARTS].some((whole) => isPart(start, whole))) return;
    stop();
    socket.pause();
    const taker = takerFor(start, takers);
    if (taker === undefined) {
      takers.refused('it does not speak HTTP', 'not_http2');
      socket.destroy();
    } else {
      socket.unshift(read);
      taker(socket);
    }
  };
  const stop = (): void => {
    clearTimeout(timer);
    socket.off('data', onData).off('close', stop);
  };
  socket.on('error', () => undefined);
  socket.on('data', onData).once('close', stop);
}

function takerFor(
  start: string,
  { http1, http2 }: SocketTakers,
): ((socket: Socket) => void) | undefined {
  if (start === PREFACE) return http2;
  return REQUEST_STARTS.some((whole) => start.startsWith(whole)) ? http1 : undefined;
}

function isPart(start: string, whole: string): boolean {
  return start.length < whole.length && whole.startsWith(start);
}

/** Sends a client of HTTP/1.1 a response that says what the port serves. */
export function explainHttp2(socket: Socket, timeoutMs: number): void {
  const head = [
    'HTTP/1.1 426 Upgrade Required',
    'upgrade: h2c',
    'connection: close, upgrade',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(HTTP1_TEXT)}`,
  ];
  // The rest of the request is discarded; closing before it has arrived would reset the response.
  socket.resume();
  socket.end(`${head.join('\r\n')}\r\n\r\n${HTTP1_TEXT}`);
  socket.setTimeout(timeoutMs, () => socket.destroy());
}
