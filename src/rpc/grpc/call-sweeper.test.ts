import { once } from 'node:events';
import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { Feature, RouteNote, RouteSummary } from '../../../gen/routeguide/route_guide.js';
import { halfOpenStreams } from '../../test-support/attacks/header-floods.js';
import { unfinishedMessages } from '../../test-support/attacks/message-floods.js';
import { FrameType } from '../../test-support/attacks/raw-connection.js';
import { stalledReaders } from '../../test-support/attacks/stalled-readers.js';
import { CallEndedError } from '../call-ended-error.js';
import { Code } from '../code.js';
import { aborted, countOf, frame, rawCall, serve, type Served } from './serve.test.support.js';

const MEBIBYTE = 1024 * 1024;

let served: Served;

afterEach(async () => {
  await served.close();
});

describe('a unary call without a deadline', () => {
  it('ends after the default deadline, and its signal aborts', async () => {
    let reason: unknown;
    served = await serve(
      {
        getFeature: async (_, { signal }) => {
          await aborted(signal);
          reason = signal.reason as unknown;
          throw new Error('too late');
        },
      },
      [],
      { unaryDeadlineMs: 100 },
    );
    const { session, stream } = await rawCall(served.address, 'GetFeature');
    stream.end(frame(Buffer.alloc(0)));
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    expect(headers['grpc-status']).toBe(String(Code.DEADLINE_EXCEEDED));
    expect(headers['grpc-message']).toBe(
      'the%20call%20had%20no%20deadline%20and%20took%20100%20ms',
    );
    expect(reason).toBeInstanceOf(CallEndedError);
    session.destroy();
  });

  it('ends also if its request never comes', async () => {
    served = await serve({}, [], { unaryDeadlineMs: 100 });
    const path = '/routeguide.RouteGuide/GetFeature';
    using connection = await halfOpenStreams(served.address, { requests: 50, path });
    await connection.until(FrameType.RST_STREAM, 50);
    expect(connection.received.get(FrameType.HEADERS)).toBe(50);
    expect(served.dispatcher.active).toBe(0);
  });

  it('may take longer if it has a deadline', async () => {
    served = await serve(
      { getFeature: () => new Promise((resolve) => setTimeout(resolve, 600, Feature.create())) },
      [],
      { unaryDeadlineMs: 100 },
    );
    const { session, stream } = await rawCall(served.address, 'GetFeature', {
      'grpc-timeout': '10S',
    });
    stream.end(frame(Buffer.alloc(0)));
    stream.resume();
    expect((await served.nextEnd()).code).toBe(Code.OK);
    session.destroy();
  });
});

describe('a streaming call without a message for a while', () => {
  it('ends if the server waits for a request', async () => {
    served = await serve(
      {
        recordRoute: async (points) =>
          RouteSummary.fromPartial({ pointCount: await countOf(points) }),
      },
      [],
      { streamIdleMs: 100 },
    );
    const { session, stream } = await rawCall(served.address, 'RecordRoute');
    stream.write(frame(Buffer.alloc(0)));
    stream.resume();
    await closed(stream);
    expect(stream.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    expect(served.ended).toMatchObject([{ code: Code.RESOURCE_EXHAUSTED, received: 1 }]);
    session.destroy();
  });

  it('ends if its client does not read, and nothing is held for it', async () => {
    served = await serve({ listFeatures: endless }, [], { streamIdleMs: 100 });
    const path = '/routeguide.RouteGuide/ListFeatures';
    using readers = await stalledReaders(served.address, { readers: 20, path });
    for (let reader = 0; reader < 20; reader += 1) {
      expect((await served.nextEnd()).code).toBe(Code.RESOURCE_EXHAUSTED);
    }
    await served.dispatcher.idle();
    expect(readers.sessions).toHaveLength(1);
  });

  it('goes on if it is the server that has nothing to send', async () => {
    let stop = (): void => undefined;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    served = await serve(
      {
        listFeatures: async function* () {
          yield Feature.create();
          await stopped;
        },
      },
      [],
      { streamIdleMs: 100 },
    );
    const { session, stream } = await rawCall(served.address, 'ListFeatures');
    stream.end(frame(Buffer.alloc(0)));
    await once(stream, 'data');
    // More than one sweep later, as another connection sees it.
    const idle = await rawCall(served.address, 'RouteChat');
    idle.stream.resume();
    await closed(idle.stream);
    stop();
    stream.resume();
    const [trailers] = (await once(stream, 'trailers')) as [IncomingHttpHeaders];
    expect(trailers['grpc-status']).toBe('0');
    session.destroy();
    idle.session.destroy();
  });
});

describe('the bytes that all calls hold together', () => {
  it('stay below the limit: calls whose clients do not read end, the longest waiting first', async () => {
    served = await serve(
      {
        listFeatures: endless,
        routeChat: async function* (notes) {
          for await (const note of notes) yield note;
        },
      },
      [],
      { heldBytes: MEBIBYTE },
    );
    const { session, stream } = await rawCall(served.address, 'RouteChat');
    const note = frame(RouteNote.encode(RouteNote.fromPartial({ message: 'a' })).finish());
    stream.write(note);
    await once(stream, 'data');
    const path = '/routeguide.RouteGuide/ListFeatures';
    using readers = await stalledReaders(served.address, { readers: 40, path });
    // Each holds 256 KiB.
    for (let ended = 0; ended < 36; ended += 1) {
      expect((await served.nextEnd()).code).toBe(Code.RESOURCE_EXHAUSTED);
    }
    stream.write(note);
    await once(stream, 'data');
    expect(served.dispatcher.active).toBeLessThanOrEqual(5);
    expect(readers.sessions).toHaveLength(1);
    session.destroy();
  });

  it('stay near the limit although a client sends much between two sweeps', async () => {
    served = await serve(
      {
        recordRoute: async (points) =>
          RouteSummary.fromPartial({ pointCount: await countOf(points) }),
      },
      [],
      { heldBytes: 2 * MEBIBYTE },
    );
    let most = 0;
    let isOver = false;
    const look = (): void => {
      const held = served.dispatcher.calls.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
      most = Math.max(most, held);
      if (!isOver) setImmediate(look);
    };
    look();
    const flood = { path: '/routeguide.RouteGuide/RecordRoute', calls: 60, bytes: 1_000_000 };
    using sent = await unfinishedMessages(served.address, flood);
    isOver = true;
    expect(most).toBeGreaterThan(MEBIBYTE);
    // One read of the connection may bring 2 MB, which count twice.
    expect(most).toBeLessThan(8 * MEBIBYTE);
    expect(sent.session.destroyed).toBe(false);
  });

  it('include messages that have arrived in part', async () => {
    served = await serve(
      {
        recordRoute: async (points) =>
          RouteSummary.fromPartial({ pointCount: await countOf(points) }),
      },
      [],
      { heldBytes: MEBIBYTE },
    );
    const flood = { path: '/routeguide.RouteGuide/RecordRoute', calls: 20, bytes: 500_000 };
    using sent = await unfinishedMessages(served.address, flood);
    for (let ended = 0; ended < 18; ended += 1) {
      expect((await served.nextEnd()).code).toBe(Code.RESOURCE_EXHAUSTED);
    }
    expect(sent.session.destroyed).toBe(false);
  });
});

function closed(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
  });
}

async function* endless(): AsyncGenerator<Feature[]> {
  const page = Array.from({ length: 100 }, () => Feature.fromPartial({ name: 'x'.repeat(1000) }));
  for (;;) yield page;
}
