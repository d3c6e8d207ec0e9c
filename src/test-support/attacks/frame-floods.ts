import {
  END_HEADERS,
  END_STREAM,
  frame,
  FrameType,
  grpcHeaders,
  headersFrame,
  rawConnection,
  type RawConnection,
} from './raw-connection.js';

/** How many frames are written at a time. */
const BATCH = 500;

const GET_PHONE = '/personguide.PersonGuide/GetPhone';

/** Sends that many pieces on one connection, as fast as the server reads, or until it closes it. */
export async function frameFlood(
  address: string,
  count: number,
  pieceOf: (index: number) => Buffer,
): Promise<RawConnection> {
  const connection = await rawConnection(address);
  for (let first = 0; first < count && !connection.socket.destroyed; first += BATCH) {
    const pieces: Buffer[] = [];
    for (let index = first; index < Math.min(first + BATCH, count); index += 1) {
      pieces.push(pieceOf(index));
    }
    await connection.write(...pieces);
  }
  await connection.roundTrip();
  return connection;
}

/** Calls that are reset right after their headers. */
export function resets(address: string, { calls = 20_000 } = {}): Promise<RawConnection> {
  const block = grpcHeaders(GET_PHONE);
  return frameFlood(address, calls, (index) =>
    Buffer.concat([
      headersFrame(index * 2 + 1, block),
      frame(FrameType.RST_STREAM, 0, index * 2 + 1, Buffer.of(0, 0, 0, 8)),
    ]),
  );
}

/** One header block in frames of a byte each that never ends. */
export async function continuations(
  address: string,
  { frames = 100_000, bytes = 1 } = {},
): Promise<RawConnection> {
  const part = frame(FrameType.CONTINUATION, 0, 1, Buffer.alloc(bytes));
  const start = frame(FrameType.HEADERS, 0, 1, grpcHeaders(GET_PHONE));
  return frameFlood(address, frames, (index) => (index === 0 ? start : part));
}

/** Empty DATA frames in one call. */
export function emptyData(address: string, { frames = 50_000 } = {}): Promise<RawConnection> {
  const start = headersFrame(1, grpcHeaders('/personguide.PersonGuide/RoutePhones'));
  const empty = frame(FrameType.DATA, 0, 1);
  return frameFlood(address, frames, (index) => (index === 0 ? start : empty));
}

/** What a client that breaks the rules of HTTP/2 sends after its preface and SETTINGS. */
export const brokenFrames: readonly (readonly [string, () => Buffer])[] = [
  ['SETTINGS of 5 bytes', () => frame(FrameType.SETTINGS, 0, 0, Buffer.alloc(5))],
  ['SETTINGS on a stream', () => frame(FrameType.SETTINGS, 0, 1)],
  [
    'an acknowledgement of SETTINGS with content',
    () => frame(FrameType.SETTINGS, 1, 0, settings(1, 0)),
  ],
  ['a window larger than 2^31 - 1', () => frame(FrameType.SETTINGS, 0, 0, settings(4, 0xffffffff))],
  ['a frame size of 1', () => frame(FrameType.SETTINGS, 0, 0, settings(5, 1))],
  ['PUSH turned on with 2', () => frame(FrameType.SETTINGS, 0, 0, settings(2, 2))],
  ['DATA on stream 0', () => frame(FrameType.DATA, 0, 0, Buffer.alloc(4))],
  ['DATA on a stream that does not exist', () => frame(FrameType.DATA, 0, 9, Buffer.alloc(4))],
  ['HEADERS on stream 0', () => headersFrame(0, grpcHeaders(GET_PHONE))],
  ['HEADERS on an even stream', () => headersFrame(2, grpcHeaders(GET_PHONE))],
  [
    'a stream with a lower number than the last',
    () =>
      Buffer.concat([
        headersFrame(9, grpcHeaders(GET_PHONE)),
        headersFrame(3, grpcHeaders(GET_PHONE)),
      ]),
  ],
  [
    'HEADERS with more padding than bytes',
    () => frame(FrameType.HEADERS, 8 | END_HEADERS, 1, Buffer.of(255, 0)),
  ],
  [
    'HEADERS that HPACK cannot read',
    () => frame(FrameType.HEADERS, END_HEADERS, 1, Buffer.alloc(20, 0xff)),
  ],
  [
    'a reference to a header that is not in the table',
    () => frame(FrameType.HEADERS, END_HEADERS, 1, Buffer.of(0xfe)),
  ],
  [
    'a table of 4 GiB',
    () => frame(FrameType.HEADERS, END_HEADERS, 1, Buffer.of(0x3f, 0xff, 0xff, 0xff, 0xff, 0x0f)),
  ],
  ['CONTINUATION without HEADERS', () => frame(FrameType.CONTINUATION, END_HEADERS, 1)],
  [
    'DATA between HEADERS and CONTINUATION',
    () =>
      Buffer.concat([
        frame(FrameType.HEADERS, 0, 1, grpcHeaders(GET_PHONE)),
        frame(FrameType.DATA, 0, 1),
      ]),
  ],
  ['a frame larger than 16 KiB', () => frame(FrameType.DATA, 0, 1, Buffer.alloc(20_000))],
  ['PING of 7 bytes', () => frame(FrameType.PING, 0, 0, Buffer.alloc(7))],
  ['PING on a stream', () => frame(FrameType.PING, 0, 1, Buffer.alloc(8))],
  ['RST_STREAM on stream 0', () => frame(FrameType.RST_STREAM, 0, 0, Buffer.alloc(4))],
  [
    'RST_STREAM of a stream that does not exist',
    () => frame(FrameType.RST_STREAM, 0, 7, Buffer.alloc(4)),
  ],
  ['GOAWAY of 3 bytes', () => frame(FrameType.GOAWAY, 0, 0, Buffer.alloc(3))],
  ['WINDOW_UPDATE by 0', () => frame(FrameType.WINDOW_UPDATE, 0, 0, Buffer.alloc(4))],
  [
    'WINDOW_UPDATE beyond 2^31 - 1',
    () => Buffer.concat([windowUpdate(0x7fffffff), windowUpdate(0x7fffffff)]),
  ],
  [
    'PUSH_PROMISE of a client',
    () => frame(FrameType.PUSH_PROMISE, END_HEADERS, 1, Buffer.of(0, 0, 0, 2)),
  ],
  [
    'HEADERS on a stream that has ended',
    () =>
      Buffer.concat([
        headersFrame(1, grpcHeaders(GET_PHONE), true),
        frame(FrameType.DATA, END_STREAM, 1, Buffer.alloc(5)),
        headersFrame(1, grpcHeaders(GET_PHONE), true),
      ]),
  ],
];

/** Frames that are allowed, in numbers that are not. */
export const frameKinds: readonly (readonly [string, Buffer])[] = [
  ['SETTINGS', frame(FrameType.SETTINGS, 0, 0, settings(3, 100))],
  ['PING', frame(FrameType.PING, 0, 0, Buffer.alloc(8))],
  ['WINDOW_UPDATE', frame(FrameType.WINDOW_UPDATE, 0, 0, Buffer.of(0, 0, 0, 1))],
  ['PRIORITY', frame(FrameType.PRIORITY, 0, 3, Buffer.of(0, 0, 0, 0, 16))],
  ['unknown frames', frame(FrameType.UNKNOWN, 0, 0, Buffer.alloc(100))],
];

function windowUpdate(increment: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(increment);
  return frame(FrameType.WINDOW_UPDATE, 0, 0, payload);
}

function settings(id: number, value: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(id, 0);
  payload.writeUInt32BE(value, 2);
  return payload;
}
