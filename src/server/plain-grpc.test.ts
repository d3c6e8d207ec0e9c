import { GreeterDefinition } from '../../gen/greeter/greeter.js';
import {
  Feature,
  Point,
  RouteGuideDefinition,
  RouteNote,
  RouteSummary,
} from '../../gen/routeguide/route_guide.js';
import { DirectoryError, invalid } from '../directory/errors.js';
import { addKey } from '../directory/keys.js';
import { service, type Call, type CallStatus, type Middleware } from '../rpc/index.js';
import { Code } from '../rpc/code.js';
import { openStore, type Store } from '../store/open.js';
import { hpack, withoutHeader } from '../test-support/attacks/hpack.js';
import {
  dataFrames,
  frame,
  FrameType,
  grpcHeaders,
  headersFrame,
  messageFrames,
  rawConnection,
  type Frame,
  type RawConnection,
} from '../test-support/attacks/raw-connection.js';
import { memoryLog, type LogLine, type MemoryLog } from './auth/calls.test.support.js';
import { startServer, type RunningServer } from './start.js';

const FEATURE = '/routeguide.RouteGuide/GetFeature';
const LIST = '/routeguide.RouteGuide/ListFeatures';
const RECORD = '/routeguide.RouteGuide/RecordRoute';
const CHAT = '/routeguide.RouteGuide/RouteChat';
const HELLO = '/greeter.Greeter/SayHello';
const ADMIN_HELLO = '/greeter.Greeter/SayHelloAgain';

/** `date` in the static table of HPACK. */
const DATE = 33;

/** What GetFeature does, by the latitude of its request. */
const BEHAVIOUR: readonly ((call: Call) => Promise<Feature> | Feature)[] = [
  () => Feature.fromPartial({ name: 'here' }),
  () => Feature.create(),
  () => Feature.fromPartial({ name: 'x'.repeat(40_000) }),
  async () => Feature.fromPartial({ name: 'later' }),
  () => {
    throw new DirectoryError('not-found', 'Añá: 100 % of "nothing" \u{1f600} \ud83d');
  },
  () => {
    throw invalid([{ field: 'latitude', description: 'must be another' }]);
  },
  () => {
    throw new Error('secret');
  },
  ({ headers }) => Feature.fromPartial({ name: JSON.stringify(Object.entries(headers)) }),
  ({ signal }) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve(Feature.create());
      });
    }),
];
const [HERE, EMPTY, LARGE, LATER, NOT_FOUND, INVALID, UNKNOWN, HEADERS, WAIT] = BEHAVIOUR.keys();

const STATUSES: Readonly<Record<string, CallStatus>> = {
  trailers: {
    code: Code.OK,
    details: 'fine',
    trailers: { 'X-Text': 'a, b', 'x-bytes-bin': Buffer.of(0, 255, 7) },
  },
  surrogate: { code: Code.ABORTED, details: 'half \ud83d', trailers: {} },
  unsendable: { code: Code.OK, details: '', trailers: { te: 'trailers' } },
};

const replaceStatus: Middleware = (call, next) => {
  const status = STATUSES[String(call.headers['x-status']?.[0])];
  call.onEnd(() => status);
  next();
};

interface Way {
  readonly server: RunningServer;
  readonly address: string;
  readonly log: MemoryLog;
}

let store: Store;
let lean: Way;
let plain: Way;
let readKey = '';

beforeAll(async () => {
  store = await openStore(':memory:');
  const request = { name: 'reader', scopes: ['people:read'], expiresAtMs: undefined };
  ({ text: readKey } = await addKey(store, request, new Date()));
  [lean, plain] = await Promise.all([start(false), start(true)]);
});

afterAll(async () => {
  await Promise.all([lean.server.stop(), plain.server.stop()]);
  await store.close();
});

async function start(plainGrpc: boolean): Promise<Way> {
  const log = memoryLog();
  const server = await startServer({
    listen: ['127.0.0.1:0'],
    services: [
      service(RouteGuideDefinition, {
        getFeature: ({ latitude }, call) => {
          const behaviour = BEHAVIOUR[latitude];
          if (behaviour === undefined) throw new Error('unknown behaviour');
          return behaviour(call);
        },
        listFeatures: async function* () {
          yield [Feature.fromPartial({ name: 'a' }), Feature.fromPartial({ name: 'b' })];
          yield Feature.fromPartial({ name: 'c' });
        },
        recordRoute: async (points) => {
          let pointCount = 0;
          for await (const { latitude } of points) {
            if (latitude < 0) throw invalid([{ field: 'latitude', description: 'is negative' }]);
            pointCount += 1;
          }
          if (pointCount === 2) throw new DirectoryError('conflict', 'two are too few');
          return RouteSummary.fromPartial({ pointCount });
        },
        routeChat: async function* (notes) {
          for await (const note of notes) {
            yield note;
            if (note.message === 'fail') throw new DirectoryError('exhausted', 'enough');
          }
        },
      }),
      service(GreeterDefinition, {
        sayHello: () => ({ message: 'hello' }),
        sayHelloAgain: () => ({ message: 'again' }),
      }),
    ],
    auth: { kind: 'keys', store },
    scopes: {
      [FEATURE]: 'anyone',
      [LIST]: 'anyone',
      [RECORD]: 'anyone',
      [CHAT]: 'anyone',
      [HELLO]: 'people:read',
      [ADMIN_HELLO]: 'admin',
    },
    middleware: [replaceStatus],
    errorDomain: 'phonebook',
    log: log.log,
    plainGrpc,
    shutdownGraceMs: 0,
  });
  const [address = ''] = server.addresses;
  return { server, address, log };
}

/** What a client does on a new connection. */
type Script = (connection: RawConnection) => Promise<unknown>;

/** A call whose request is all there: headers, then these messages. */
function call(
  path: string,
  messages: readonly Uint8Array[],
  headers: Readonly<Record<string, string>> = {},
): Script {
  const last = messages.length - 1;
  return (connection) =>
    connection.write(
      open(path, headers, messages.length === 0),
      ...messages.map((message, index) => messageFrames(1, message, { endStream: index === last })),
    );
}

function open(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  endStream = false,
): Buffer {
  return headersFrame(1, grpcHeaders(path, { 'x-request-id': 'same', ...headers }), endStream);
}

const point = (latitude = 0): Uint8Array => Point.encode(Point.fromPartial({ latitude })).finish();
const note = (message: string): Uint8Array =>
  RouteNote.encode(RouteNote.fromPartial({ message })).finish();
const framed = (message: Uint8Array): Buffer =>
  messageFrames(1, message, { endStream: false }).subarray(9);
const reset = (code: number): Buffer => frame(FrameType.RST_STREAM, 0, 1, Buffer.of(0, 0, 0, code));

/** The header of a message of that many bytes, which never come. */
function prefix(bytes: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes, 1);
  return head;
}

const CALLS: readonly (readonly [string, Script])[] = [
  ['a response', call(FEATURE, [point(HERE)])],
  ['a response without content', call(FEATURE, [point(EMPTY)])],
  ['a response of 40 KB', call(FEATURE, [point(LARGE)])],
  ['a response that comes later', call(FEATURE, [point(LATER)])],
  ['a request without content', call(FEATURE, [Buffer.alloc(0)])],
  ['an error with all kinds of characters', call(FEATURE, [point(NOT_FOUND)])],
  ['an error with details', call(FEATURE, [point(INVALID)])],
  ['an unknown error', call(FEATURE, [point(UNKNOWN)])],
  [
    'headers of all kinds',
    call(FEATURE, [point(HEADERS)], {
      'x-text': 'a, b',
      'x-bytes-bin': 'AAH/, YWFh ,',
      'grpc-tags-bin': 'YWFh,YWFh',
      'x-empty': '',
      'grpc-encoding': 'identity',
      'grpc-accept-encoding': 'gzip',
      'accept-encoding': 'gzip',
      'user-agent': 'test',
      cookie: 'a=1',
      '!unreadable': 'a',
      'x-unreadable': 'ñ',
      'grpc-timeout': '10S',
      traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    }),
  ],
  ['trailers of middleware', call(FEATURE, [point()], { 'x-status': 'trailers' })],
  ['half a surrogate pair', call(FEATURE, [point()], { 'x-status': 'surrogate' })],
  ['a trailer that cannot be sent', call(FEATURE, [point()], { 'x-status': 'unsendable' })],
  ['no message', call(FEATURE, [])],
  ['two messages', call(FEATURE, [point(), point()])],
  ['a message that cannot be decoded', call(FEATURE, [Buffer.of(0x0a, 0x7f)])],
  [
    'a message byte by byte',
    (connection) => {
      const bytes = [...framed(point(NOT_FOUND))].map((byte) =>
        dataFrames(1, Buffer.of(byte), false),
      );
      return connection.write(open(FEATURE), ...bytes, dataFrames(1, Buffer.alloc(0), true));
    },
  ],
  [
    'a message that is cut off',
    (connection) =>
      connection.write(open(FEATURE), dataFrames(1, framed(point(1)).subarray(0, -1), true)),
  ],
  [
    'a message that is too large by its prefix',
    (connection) => connection.write(open(FEATURE), dataFrames(1, prefix(65_537), false)),
  ],
  [
    'a message that is marked as compressed without an encoding',
    (connection) =>
      connection.write(open(FEATURE), messageFrames(1, point(HERE), { compressed: true })),
  ],
  ['an encoding that is unknown', call(FEATURE, [point(HERE)], { 'grpc-encoding': 'snappy' })],
  [
    'a message and trailers of the client',
    (connection) =>
      connection.write(
        open(FEATURE),
        dataFrames(1, framed(point(HERE)), false),
        headersFrame(1, Buffer.alloc(0), true),
      ),
  ],
  [
    'an unusual code of a reset',
    async (connection) => {
      await connection.write(open(FEATURE), messageFrames(1, point(WAIT)));
      await connection.roundTrip();
      await connection.write(reset(2));
    },
  ],
  [
    'a cancel while the handler runs',
    async (connection) => {
      await connection.write(open(FEATURE), messageFrames(1, point(WAIT)));
      await connection.roundTrip();
      await connection.write(reset(8));
    },
  ],
  [
    'a cancel in the middle of the message',
    async (connection) => {
      await connection.write(open(FEATURE), dataFrames(1, prefix(10), false));
      await connection.roundTrip();
      await connection.write(reset(8));
    },
  ],
  [
    'a connection that is lost',
    async (connection) => {
      await connection.write(open(FEATURE), messageFrames(1, point(WAIT)));
      await connection.roundTrip();
      connection.socket.destroy();
    },
  ],
  ['a deadline while the handler runs', call(FEATURE, [point(WAIT)], { 'grpc-timeout': '50m' })],
  [
    'a deadline before the message',
    (connection) => connection.write(open(FEATURE, { 'grpc-timeout': '50m' })),
  ],
  ['an unknown method', call('/routeguide.RouteGuide/GetAll', [point()])],
  ['a path with an email', call('/ann@example.com', [point()])],
  ['no key', call(HELLO, [Buffer.alloc(0)])],
  ['an invalid key', call(HELLO, [Buffer.alloc(0)], { authorization: 'Bearer pgk_x' })],
  ['a server stream', call(LIST, [Buffer.alloc(0)])],
  ['a client stream', call(RECORD, [point(1), point(2), point(3)])],
  ['a client stream that fails', call(RECORD, [point(1), point(2)])],
  [
    'a client stream that fails before its end',
    (connection) =>
      connection.write(open(RECORD), messageFrames(1, point(-1), { endStream: false })),
  ],
  [
    'a client stream that is cut off',
    (connection) =>
      connection.write(open(RECORD), dataFrames(1, framed(point(1)).subarray(0, -1), true)),
  ],
  ['a conversation', call(CHAT, [note('a'), note('b')])],
  ['a conversation without messages', call(CHAT, [])],
  ['a conversation that fails after a response', call(CHAT, [note('a'), note('fail')])],
  [
    'a conversation with a message that is too large',
    async (connection) => {
      await connection.write(open(CHAT), messageFrames(1, note('a'), { endStream: false }));
      await connection.until(FrameType.DATA, 1);
      await connection.write(dataFrames(1, prefix(2 ** 21), false));
    },
  ],
];

/** Requests that are refused before they are calls. */
const REFUSED: readonly (readonly [string, Script])[] = [
  [
    'another content type',
    (connection) => {
      const block = [
        hpack.indexed(3), // :method POST
        hpack.indexed(6), // :scheme http
        hpack.literal(':path', FEATURE),
        hpack.literal(':authority', 'localhost'),
        hpack.literal('content-type', 'application/json'),
      ];
      return connection.write(headersFrame(1, Buffer.concat(block), true));
    },
  ],
  ['a malformed deadline', call(FEATURE, [point()], { 'grpc-timeout': '3S junk' })],
  ['a deadline that has passed', call(FEATURE, [point()], { 'grpc-timeout': '0S' })],
  [
    'too many headers',
    call(
      FEATURE,
      [point()],
      Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`x-${index}`, 'a'])),
    ),
  ],
];

interface Seen {
  readonly frames: readonly unknown[];
  readonly lines: readonly LogLine[];
}

/** Plays a script, and waits until nothing more arrives. */
async function play({ address, log }: Way, script: Script, isCall: boolean): Promise<Seen> {
  const first = log.lines.length;
  const frames: unknown[] = [];
  using connection = await rawConnection(address);
  connection.onFrame = (arrived) => {
    const shown = shownFrame(arrived);
    if (shown !== undefined) frames.push(shown);
  };
  await script(connection);
  const isNew = (line: LogLine): boolean => log.lines.indexOf(line) >= first;
  if (isCall) await log.waitForLine((line) => isNew(line) && line['msg'] === 'call');
  else await connection.until(FrameType.HEADERS, 1);
  for (let quiet = 0, seen = -1; quiet < 3; quiet = frames.length === seen ? quiet + 1 : 0) {
    seen = frames.length;
    await connection.roundTrip();
  }
  return { frames, lines: log.lines.slice(first).map(shownLine) };
}

function shownFrame({ type, flags, stream, payload }: Frame): unknown {
  const shown = { type: FrameType[type], flags, stream };
  switch (type) {
    case FrameType.HEADERS:
      return { ...shown, headers: withoutHeader(payload, DATE) };
    case FrameType.DATA:
    case FrameType.RST_STREAM:
    case FrameType.GOAWAY:
      return { ...shown, payload: payload.toString('hex') };
    default:
      return undefined;
  }
}

/** Without what differs between two calls on one server. */
function shownLine(line: LogLine): LogLine {
  const { err } = line as { err?: { message: string } };
  const constant = { time: 0, durationMs: 0, peer: 'peer' };
  return { ...line, ...constant, ...(err === undefined ? {} : { err: err.message }) };
}

describe('with and without grpc-js, a client and the log see the same of', () => {
  it.each(CALLS)('%s', async (_, script) => {
    const seen = await play(lean, script, true);
    expect(seen).toEqual(await play(plain, script, true));
    expect(seen.lines.at(-1)).toMatchObject({ msg: 'call', requestId: 'same' });
  });

  it.each(REFUSED)('%s', async (_, script) => {
    const seen = await play(lean, script, false);
    expect(seen).toEqual(await play(plain, script, false));
    expect(seen.frames).not.toEqual([]);
  });

  it('a key with the scope, and one without', async () => {
    const authorization = `Bearer ${readKey}`;
    const allowed = call(HELLO, [Buffer.alloc(0)], { authorization });
    const seen = await play(lean, allowed, true);
    expect(seen).toEqual(await play(plain, allowed, true));
    expect(seen.lines).toMatchObject([
      { status: 'OK', principal: expect.stringMatching(/^key:/) as string },
    ]);
    const denied = call(ADMIN_HELLO, [Buffer.alloc(0)], { authorization });
    expect(await play(lean, denied, true)).toEqual(await play(plain, denied, true));
  });

  it('a graceful stop', async () => {
    const seen = await Promise.all([false, true].map(stopDuringCall));
    expect(seen[0]).toEqual(seen[1]);
  });
});

/** The frames that a client gets whose call is open when the server stops. */
async function stopDuringCall(plainGrpc: boolean): Promise<readonly unknown[]> {
  const { server, address, log } = await start(plainGrpc);
  using connection = await rawConnection(address);
  const frames: unknown[] = [];
  connection.onFrame = (arrived) => {
    const shown = shownFrame(arrived);
    if (shown !== undefined) frames.push(shown);
  };
  await connection.write(open(FEATURE), messageFrames(1, point(WAIT)));
  await connection.roundTrip();
  await server.stop();
  await connection.closed;
  expect(log.lines.filter(({ msg }) => msg === 'call')).toMatchObject([{ status: 'UNAVAILABLE' }]);
  expect(connection.received.get(FrameType.GOAWAY)).toBeGreaterThan(0);
  expect(connection.received.get(FrameType.HEADERS)).toBe(1);
  return frames;
}
