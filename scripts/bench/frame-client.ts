import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';

/** Unary calls that a connection makes one after the other, `inFlight` at a time. */
export interface FrameCalls {
  readonly port: number;
  readonly path: string;
  readonly inFlight: number;
  /** The next request as a frame of gRPC; undefined: no more calls. */
  readonly next: () => Buffer | undefined;
}

// Frames of HTTP/2, see RFC 9113, section 6.
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const FRAME_HEADER_BYTES = 9;
const PREFIX_BYTES = 5;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const MAX_WINDOW_BYTES = 2 ** 31 - 1;
const DEFAULT_WINDOW_BYTES = 65_535;

/**
 * Makes unary calls on a connection of its own by writing frames to a socket, without Node's HTTP/2:
 * a call takes a tenth of what it takes there, so that a client which shares the cores of the server
 * leaves them to it. Resolves with the number of calls when all have ended. Rejects unless each
 * response is a message with content, and if the requests in flight are more than HTTP/2's initial
 * window takes.
 */
export async function makeFrameCalls(calls: FrameCalls): Promise<number> {
  const socket = connectSocket({ port: calls.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  try {
    return await new Promise((resolve, reject) => {
      const connection = new FrameConnection(socket, calls, resolve);
      socket.on('error', reject);
      socket.on('close', () => {
        reject(new Error('the connection was closed'));
      });
      socket.on('data', (chunk: Buffer) => {
        try {
          connection.read(chunk);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      connection.start();
    });
  } finally {
    socket.destroy();
  }
}

class FrameConnection {
  readonly #socket: Socket;
  readonly #calls: FrameCalls;
  readonly #done: (ended: number) => void;
  #held: Buffer = Buffer.alloc(0);
  #out: Buffer[] = [];
  #streamId = 1;
  #started = 0;
  #ended = 0;
  /** Streams whose message has arrived. */
  readonly #answered = new Set<number>();

  constructor(socket: Socket, calls: FrameCalls, done: (ended: number) => void) {
    this.#socket = socket;
    this.#calls = calls;
    this.#done = done;
  }

  start(): void {
    const window = Buffer.alloc(4);
    window.writeUInt32BE(MAX_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
    this.#out.push(Buffer.from(PREFACE), frame(SETTINGS, 0, 0), frame(WINDOW_UPDATE, 0, 0, window));
    for (let call = 0; call < this.#calls.inFlight; call += 1) this.#begin();
    this.#flush();
  }

  read(chunk: Buffer): void {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (bytes.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      this.#onFrame(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    this.#held = bytes;
    this.#flush();
  }

  #onFrame(bytes: Buffer): void {
    const [type, flags = 0] = bytes.subarray(3);
    const streamId = bytes.readUInt32BE(5);
    const payload = bytes.subarray(FRAME_HEADER_BYTES);
    const isAck = (flags & ACK) !== 0;
    switch (type) {
      case DATA:
        if (payload.length > PREFIX_BYTES) this.#answered.add(streamId);
        return;
      case HEADERS:
        if ((flags & END_STREAM) !== 0) this.#onEnd(streamId);
        return;
      case SETTINGS:
        if (!isAck) this.#out.push(frame(SETTINGS, ACK, 0));
        return;
      case PING:
        if (!isAck) this.#out.push(frame(PING, ACK, 0, payload));
        return;
      case RST_STREAM:
      case GOAWAY:
        throw new Error(`the server sent a frame of type ${type}`);
    }
  }

  /** Only a call that ends with OK has a message. */
  #onEnd(streamId: number): void {
    if (!this.#answered.delete(streamId)) throw new Error(`${this.#calls.path}: no response`);
    this.#ended += 1;
    this.#begin();
    if (this.#ended === this.#started) this.#done(this.#ended);
  }

  #begin(): void {
    const message = this.#calls.next();
    if (message === undefined) return;
    if (message.length * this.#calls.inFlight > DEFAULT_WINDOW_BYTES / 2) {
      throw new Error('the requests in flight must be below 32 KiB');
    }
    const { path, port } = this.#calls;
    const block = this.#started === 0 ? firstHeaders(path, port) : FURTHER_HEADERS;
    this.#out.push(
      frame(HEADERS, END_HEADERS, this.#streamId, block),
      frame(DATA, END_STREAM, this.#streamId, message),
    );
    this.#started += 1;
    this.#streamId += 2;
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    this.#socket.write(Buffer.concat(this.#out));
    this.#out = [];
  }
}

function frame(type: number, flags: number, streamId: number, payload?: Buffer): Buffer {
  const length = payload?.length ?? 0;
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  bytes.writeUIntBE(length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
  if (payload !== undefined) bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

/** `:method: POST` and `:scheme: http` of HPACK's static table, see RFC 7541, appendix A. */
const POST_HTTP = [0x83, 0x86];

/** The first call puts its headers into the connection's table; the latest has the index 62. */
const FURTHER_HEADERS = Buffer.from([...POST_HTTP, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62]);

function firstHeaders(path: string, port: number): Buffer {
  return Buffer.concat([
    Buffer.from(POST_HTTP),
    literal(':path', path),
    literal(':authority', `127.0.0.1:${port}`),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
  ]);
}

/** A header that is put into the table, without Huffman coding: RFC 7541, section 6.2.1. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), shortText(name), shortText(value)]);
}

/** Its length must fit into seven bits less one. */
function shortText(text: string): Buffer {
  if (text.length >= 127) throw new Error(`too long: ${text}`);
  return Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1');
}
