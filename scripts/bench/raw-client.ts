import { once } from 'node:events';
import * as http2 from 'node:http2';
import { lightenRequests } from '../../src/node-http2-internals.js';

/** One HTTP/2 connection. */
export type Connection = http2.ClientHttp2Session;

/** The response of a call that ended with OK. */
export interface Response {
  readonly messages: number;
  /** Without the five-byte header of each message. */
  readonly payloadBytes: number;
}

const FRAME_HEADER_BYTES = 5;
const WINDOW_BYTES = 4 * 1024 * 1024;
const DEFAULT_WINDOW_BYTES = 65_535;

/**
 * Opens a connection with flow-control windows of 4 MiB, or of the protocol's 64 KiB. Its calls are
 * made as cheap as possible, so that the server is the limit of a run.
 */
export async function connect(port: number, windowBytes = WINDOW_BYTES): Promise<Connection> {
  const settings = { initialWindowSize: windowBytes, enablePush: false };
  const connection = http2.connect(`http://127.0.0.1:${port}`, { settings });
  await once(connection, 'connect');
  connection.setLocalWindowSize(windowBytes);
  lightenRequests(connection);
  return connection;
}

/** Opens connections to the ports in turn: each has the same number, and so gets as many calls. */
export function connectAll(
  ports: readonly [number, ...number[]],
  count: number,
): Promise<Connection[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => connect(ports[index % ports.length] ?? ports[0])),
  );
}

/** Puts each encoded message into a gRPC frame, and all frames into one buffer. */
export function frames(messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const header = Buffer.alloc(FRAME_HEADER_BYTES);
      header.writeUInt32BE(message.length, 1);
      return [header, message];
    }),
  );
}

/**
 * Makes one call of any kind: sends the frames, half-closes, and counts the response messages
 * without decoding them. Calls back with an error unless the call ends with grpc-status 0.
 */
export function call(
  connection: Connection,
  path: string,
  request: Buffer,
  done: (error: Error | undefined, response: Response) => void,
  onData?: (chunk: Buffer) => void,
): http2.ClientHttp2Stream {
  const stream = connection.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const counter = new FrameCounter();
  let status: string | undefined;
  let failure: Error | undefined;
  const readStatus = (headers: http2.IncomingHttpHeaders): void => {
    const value = headers['grpc-status'];
    if (value === undefined) return;
    status = value === '0' ? '0' : `${String(value)} ${String(headers['grpc-message'])}`;
  };
  stream.on('response', readStatus);
  stream.on('trailers', readStatus);
  stream.on('data', (chunk: Buffer) => {
    counter.add(chunk);
    onData?.(chunk);
  });
  stream.on('error', (error: Error) => (failure = error));
  stream.on('close', () => {
    if (status !== '0') failure ??= new Error(`${path}: grpc-status ${status ?? 'missing'}`);
    if (!counter.complete) failure ??= new Error(`${path}: ended inside a message`);
    done(failure, counter);
  });
  stream.end(request);
  return stream;
}

/** Makes one call and resolves with its response; rejects unless it ends with grpc-status 0. */
export function responseTo(
  connection: Connection,
  path: string,
  request: Buffer,
  onData?: (chunk: Buffer) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined, response: Response): void => {
      if (error === undefined) resolve(response);
      else reject(error);
    };
    call(connection, path, request, done, onData);
  });
}

/** Makes a unary call. Calls back with an error unless the response is one message with content. */
export function callOnce(
  connection: Connection,
  path: string,
  request: Buffer,
  done: (error: Error | undefined) => void,
): void {
  call(connection, path, request, (error, { messages, payloadBytes }) => {
    const isWhole = messages === 1 && payloadBytes > 0;
    done(error ?? (isWhole ? undefined : new Error(`${path}: no response`)));
  });
}

/**
 * Makes a unary call for each request, `inFlight` at a time, spread over the connections.
 * Rejects at the first response that is not exactly one message with content.
 */
export function callAll(
  connections: readonly Connection[],
  path: string,
  requests: readonly Buffer[],
  inFlight: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let started = 0;
    let ended = 0;
    const next = (connection: Connection): void => {
      const request = requests[started];
      if (request === undefined) return;
      started += 1;
      callOnce(connection, path, request, (error) => {
        if (error !== undefined) reject(error);
        else if ((ended += 1) === requests.length) resolve();
        else next(connection);
      });
    };
    for (let slot = 0; slot < inFlight; slot += 1) {
      const connection = connections[slot % connections.length];
      if (connection !== undefined) next(connection);
    }
  });
}

/**
 * Starts a call on a connection of its own with 64 KiB windows and stops reading at the first data.
 * Resolves with a function that closes the connection.
 */
export async function stall(port: number, path: string, request: Buffer): Promise<() => void> {
  const connection = await connect(port, DEFAULT_WINDOW_BYTES);
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined): void => {
      reject(error ?? new Error(`${path}: ended before it could be stalled`));
    };
    const stream = call(connection, path, request, done, () => {
      stream.pause();
      resolve(() => {
        connection.destroy();
      });
    });
  });
}

/** Counts gRPC messages in chunks that may begin and end anywhere. */
class FrameCounter implements Response {
  messages = 0;
  payloadBytes = 0;
  #headerBytesRead = 0;
  #length = 0;
  #bytesToSkip = 0;

  get complete(): boolean {
    return this.#headerBytesRead === 0 && this.#bytesToSkip === 0;
  }

  add(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bytesToSkip > 0) {
        const skipped = Math.min(this.#bytesToSkip, chunk.length - at);
        this.#bytesToSkip -= skipped;
        at += skipped;
      } else if (this.#headerBytesRead === 0 && chunk.length - at >= FRAME_HEADER_BYTES) {
        this.#begin(chunk.readUInt32BE(at + 1));
        at += FRAME_HEADER_BYTES;
      } else {
        this.#addHeaderByte(chunk.readUInt8(at));
        at += 1;
      }
    }
  }

  #addHeaderByte(byte: number): void {
    this.#length = this.#length * 256 + byte;
    this.#headerBytesRead += 1;
    if (this.#headerBytesRead === FRAME_HEADER_BYTES) this.#begin(this.#length);
  }

  #begin(length: number): void {
    this.messages += 1;
    this.payloadBytes += length;
    this.#bytesToSkip = length;
    this.#headerBytesRead = 0;
    this.#length = 0;
  }
}
