import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { hpack } from './hpack.js';

/** The types of frames that hostile clients send and look at. */
export enum FrameType {
  DATA = 0,
  HEADERS = 1,
  PRIORITY = 2,
  RST_STREAM = 3,
  SETTINGS = 4,
  PUSH_PROMISE = 5,
  PING = 6,
  GOAWAY = 7,
  WINDOW_UPDATE = 8,
  CONTINUATION = 9,
  /** Of a type that no specification has. */
  UNKNOWN = 0xbe,
}

export const END_STREAM = 1;
export const END_HEADERS = 4;
const ACK = 1;
const FRAME_HEADER_BYTES = 9;
const MAX_FRAME_BYTES = 16_384;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** What came back over a raw connection. */
export interface Frame {
  readonly type: FrameType;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A client of HTTP/2 that writes frames by hand and obeys no limit of the server. */
export interface RawConnection extends Disposable {
  readonly socket: Socket;
  /** How many frames of each type have arrived. */
  readonly received: ReadonlyMap<FrameType, number>;
  /** Called with each frame that arrives. */
  onFrame: ((frame: Frame) => void) | undefined;
  /** Bytes that were sent, or are to be sent. */
  readonly sentBytes: number;
  /** Queues frames; waits while the server does not read. */
  write(...frames: Buffer[]): Promise<void>;
  /** Resolves when the server has replied to a PING, or the connection has ended. */
  roundTrip(): Promise<void>;
  /** Resolves once that many frames of the type have arrived, or the connection has ended. */
  until(type: FrameType, count: number): Promise<void>;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
}

/** Connects and sends the preface; PINGs and SETTINGS of the server are acknowledged. */
export async function rawConnection(
  address: string,
  { localAddress, acknowledge = true }: { localAddress?: string; acknowledge?: boolean } = {},
): Promise<RawConnection> {
  const socket = await tcpConnection(address, localAddress);
  const received = new Map<FrameType, number>();
  const pings: (() => void)[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of waiting) check();
  };
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const done of pings.splice(0)) done();
      wake();
      resolve();
    });
  });
  const connection: RawConnection = {
    socket,
    received,
    closed,
    onFrame: undefined,
    get sentBytes() {
      return socket.bytesWritten;
    },
    async write(...frames) {
      if (socket.destroyed || socket.write(Buffer.concat(frames))) return;
      await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
    },
    async roundTrip() {
      if (socket.destroyed) return;
      const reply = new Promise<void>((resolve) => pings.push(resolve));
      await connection.write(frame(FrameType.PING, 0, 0, Buffer.alloc(8, 1)));
      await reply;
    },
    until: (type, count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!socket.destroyed && (received.get(type) ?? 0) < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    [Symbol.dispose]: () => {
      socket.destroy();
    },
  };
  readFrames(socket, (arrived) => {
    received.set(arrived.type, (received.get(arrived.type) ?? 0) + 1);
    const isAck = (arrived.flags & ACK) !== 0;
    if (arrived.type === FrameType.PING && isAck) pings.shift()?.();
    else if (acknowledge && !isAck) acknowledgeFrame(socket, arrived);
    connection.onFrame?.(arrived);
    wake();
  });
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(FrameType.SETTINGS, 0, 0)]));
  return connection;
}

/** Opens a TCP connection whose errors are ignored. Rejects if it cannot be opened. */
export async function tcpConnection(address: string, localAddress?: string): Promise<Socket> {
  const at = address.lastIndexOf(':');
  const socket = connect({
    host: address.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(at + 1)),
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  await once(socket, 'connect');
  return socket.setNoDelay().on('error', () => undefined);
}

function acknowledgeFrame(socket: Socket, { type, payload }: Frame): void {
  if (socket.destroyed) return;
  if (type === FrameType.SETTINGS) socket.write(frame(FrameType.SETTINGS, ACK, 0));
  if (type === FrameType.PING) socket.write(frame(FrameType.PING, ACK, 0, payload));
}

function readFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + rest.readUIntBE(0, 3);
      if (rest.length < end) break;
      onFrame({
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the same numbers
        type: rest.readUInt8(3),
        flags: rest.readUInt8(4),
        stream: rest.readUInt32BE(5),
        payload: rest.subarray(FRAME_HEADER_BYTES, end),
      });
      rest = rest.subarray(end);
    }
  });
}

/** One frame in wire form. */
export function frame(
  type: FrameType,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** The HEADERS frame of a request, with CONTINUATION frames where the block is long. */
export function headersFrame(stream: number, block: Buffer, endStream = false): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < block.length || at === 0; at += MAX_FRAME_BYTES) {
    const part = block.subarray(at, at + MAX_FRAME_BYTES);
    const type = at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
    const end = at + MAX_FRAME_BYTES >= block.length ? END_HEADERS : 0;
    parts.push(frame(type, end | (at === 0 && endStream ? END_STREAM : 0), stream, part));
  }
  return Buffer.concat(parts);
}

/** A gRPC message in DATA frames. */
export function messageFrames(
  stream: number,
  message: Uint8Array,
  { compressed = false, endStream = true } = {},
): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(compressed ? 1 : 0, 0);
  prefix.writeUInt32BE(message.length, 1);
  return dataFrames(stream, Buffer.concat([prefix, message]), endStream);
}

/** Bytes in DATA frames. */
export function dataFrames(stream: number, bytes: Buffer, endStream: boolean): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += MAX_FRAME_BYTES) {
    const last = at + MAX_FRAME_BYTES >= bytes.length;
    const part = bytes.subarray(at, at + MAX_FRAME_BYTES);
    parts.push(frame(FrameType.DATA, last && endStream ? END_STREAM : 0, stream, part));
  }
  return Buffer.concat(parts);
}

/** The headers of a gRPC request, each as a literal. */
export function grpcHeaders(path: string, extra: Readonly<Record<string, string>> = {}): Buffer {
  return Buffer.concat([
    hpack.indexed(3), // :method POST
    hpack.indexed(6), // :scheme http
    hpack.literal(':path', path),
    hpack.literal(':authority', 'localhost'),
    hpack.literal('content-type', 'application/grpc'),
    hpack.literal('te', 'trailers'),
    ...Object.entries(extra).map(([name, value]) => hpack.literal(name, value)),
  ]);
}
