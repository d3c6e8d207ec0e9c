import type { Socket } from 'node:net';

/** https://www.rfc-editor.org/rfc/rfc9113#section-3.4; no HTTP/1.1 method begins like this. */
const PREFACE_START = 'PRI';

/** A request line of HTTP/1.1. */
const HTTP1_REQUEST = /^[A-Z]{3,20} /;

const HTTP1_TEXT = `This port serves gRPC over HTTP/2, and the request is HTTP/1.1.
With curl, use --http2-prior-knowledge; for a call with JSON, use buf curl or grpcurl.
`;

/**
 * Passes on a socket whose client begins with the HTTP/2 preface within that time; nothing is taken
 * from it. A client of HTTP/1.1 gets a response that explains it, and any other connection is closed;
 * `onRefused` is called with the reason.
 */
export function passHttp2(
  socket: Socket,
  timeoutMs: number,
  onHttp2: (socket: Socket) => void,
  onRefused: (reason: string, kind: 'silent' | 'http1' | 'not_http2') => void,
): void {
  let read: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => {
    onRefused(`it sent nothing within ${timeoutMs} ms`, 'silent');
    socket.destroy();
  }, timeoutMs);
  const onData = (chunk: Buffer): void => {
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const start = read.toString('latin1', 0, PREFACE_START.length);
    if (start !== PREFACE_START && PREFACE_START.startsWith(start)) return;
    stop();
    socket.pause();
    if (start === PREFACE_START) {
      socket.unshift(read);
      onHttp2(socket);
    } else {
      const isHttp1 = HTTP1_REQUEST.test(read.toString('latin1', 0, 24));
      if (isHttp1) {
        onRefused('it speaks HTTP/1.1', 'http1');
        explain(socket, timeoutMs);
      } else {
        onRefused('it does not speak HTTP/2', 'not_http2');
        socket.destroy();
      }
    }
  };
  const stop = (): void => {
    clearTimeout(timer);
    socket.off('data', onData).off('close', stop);
  };
  socket.on('error', () => undefined);
  socket.on('data', onData).once('close', stop);
}

function explain(socket: Socket, timeoutMs: number): void {
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
