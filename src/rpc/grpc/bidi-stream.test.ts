import { once } from 'node:events';
import { status, type ClientDuplexStream } from '@grpc/grpc-js';
import { RouteNote, type RouteGuideClient } from '../../../gen/routeguide/route_guide.js';
import { DirectoryError } from '../../directory/errors.js';
import { Code } from '../code.js';
import type { BidiStreamHandler } from '../bidi-stream.js';
import {
  aborted,
  countOf,
  deferred,
  frame,
  messagesOf,
  rawCall,
  serve,
  standstill,
  statusFrom,
  type Served,
} from './serve.test.support.js';

const note = (message: string): RouteNote => RouteNote.fromPartial({ message });
const wire = (message: string): Buffer => frame(RouteNote.encode(note(message)).finish());

let served: Served;
let client: RouteGuideClient;

afterEach(() => served.close());

describe('a bidirectional stream', () => {
  async function serveChat(handler: BidiStreamHandler<RouteNote, RouteNote>): Promise<void> {
    served = await serve({
      routeChat: handler,
      getFeature: () => ({ name: 'here', location: undefined }),
    });
    client = served.client();
  }

  const echo: BidiStreamHandler<RouteNote, RouteNote> = async function* (requests) {
    for await (const request of requests) yield request;
  };

  it('answers each request before the next is sent, and ends with a status', async () => {
    await serveChat(echo);
    const call = client.routeChat();
    const ending = statusFrom(call);
    for (const message of ['a', 'b', 'c']) {
      call.write(note(message));
      expect(((await once(call, 'data')) as RouteNote[])[0]?.message).toBe(message);
    }
    call.end();
    expect((await ending).code).toBe(status.OK);
    expect(await served.nextEnd()).toMatchObject({ code: status.OK, received: 3, sent: 3 });
  });

  it('answers batches of requests with pages', async () => {
    await serveChat(async function* (requests) {
      yield* requests.batches();
    });
    const call = client.routeChat();
    for (let i = 0; i < 3000; i += 1) call.write(note(String(i)));
    call.end();
    const all = await texts(call);
    expect(all).toHaveLength(3000);
    expect(all.findIndex((text, i) => text !== String(i))).toBe(-1);
  });

  it('may go on answering after the client has half-closed', async () => {
    await serveChat(async function* (requests) {
      yield note(`${await countOf(requests)} of them`);
      await Promise.resolve();
      yield note('all done');
    });
    const call = client.routeChat();
    call.write(note('a'));
    call.end(note('b'));
    expect(await texts(call)).toEqual(['2 of them', 'all done']);
  });

  it('may end before the client half-closes, and the status still arrives', async () => {
    await serveChat(async function* (requests) {
      for await (const request of requests) {
        yield request;
        break;
      }
      yield note('enough');
    });
    const call = client.routeChat();
    const ending = statusFrom(call);
    const all = texts(call);
    call.write(note('a'));
    call.write(note('b'));
    expect(await all).toEqual(['a', 'enough']);
    expect((await ending).code).toBe(status.OK);
    call.end();
  });

  it.each([
    ['cancels', false],
    ['loses its connection', true],
  ])('throws out of the requests when the client %s', async (_how, lost) => {
    const thrown = deferred<unknown>();
    await serveChat(async function* (requests) {
      try {
        for await (const request of requests) yield request;
      } catch (error) {
        thrown.resolve(error);
      }
    });
    const { session, stream } = await rawCall(served.address, 'RouteChat');
    stream.write(wire('a'));
    await once(stream, 'data');
    if (lost) session.destroy();
    else stream.close(8);
    expect(await thrown.promise).toMatchObject({ name: 'CallEndedError', code: status.CANCELLED });
    expect(await served.nextEnd()).toMatchObject({ code: status.CANCELLED, error: undefined });
    await served.dispatcher.idle();
    session.destroy();
  });

  it('throws out of the requests at the deadline', async () => {
    const thrown = deferred<unknown>();
    await serveChat(async function* (requests) {
      try {
        for await (const request of requests) yield request;
      } catch (error) {
        thrown.resolve(error);
        throw error;
      }
    });
    const call = client.routeChat({ deadline: Date.now() + 80 });
    const ending = statusFrom(call);
    call.write(note('a'));
    await once(call, 'data');
    expect(await thrown.promise).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect((await ending).code).toBe(status.DEADLINE_EXCEEDED);
    expect((await served.nextEnd()).code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('stops reading while the client does not read, and goes on when it does', async () => {
    await serveChat(echo);
    const { session, stream } = await rawCall(served.address, 'RouteChat');
    const piece = Buffer.concat(Array.from({ length: 10 }, () => wire('x'.repeat(990))));
    let left = 0;
    for (let i = 0; i < 200; i += 1) stream.write(piece, () => (left += piece.length));
    stream.end();
    const another = served.client();
    const roundTrip = (): Promise<unknown> =>
      new Promise((resolve) => {
        another.getFeature({ latitude: 0, longitude: 0 }, resolve);
      });
    // Two windows of 64 KiB, what write-behind holds, and the buffers of the streams.
    expect(await standstill(() => left, roundTrip)).toBeLessThan(900_000);
    const answers: number[] = [];
    for await (const message of messagesOf(stream)) answers.push(message.length);
    expect(answers).toHaveLength(2000);
    session.destroy();
  });

  it('releases a handler whose client goes away without reading', async () => {
    const finished = deferred();
    let yielded = 0;
    await serveChat(async function* (requests) {
      try {
        for await (const request of requests) {
          for (;;) {
            yielded += 1;
            yield request;
          }
        }
      } finally {
        finished.resolve();
      }
    });
    const { session, stream } = await rawCall(served.address, 'RouteChat');
    stream.write(wire('again'));
    const another = served.client();
    await standstill(
      () => yielded,
      () =>
        new Promise((resolve) => {
          another.getFeature({ latitude: 0, longitude: 0 }, resolve);
        }),
    );
    session.destroy();
    await finished.promise;
    await served.dispatcher.idle();
  });

  it('refuses when the handler throws between requests', async () => {
    await serveChat(async function* (requests) {
      for await (const request of requests) {
        yield request;
        throw new DirectoryError('unavailable', 'try again', { retryDelayMs: 1500 });
      }
    });
    const call = client.routeChat();
    const ending = statusFrom(call);
    call.resume();
    call.write(note('a'));
    const end = await ending;
    expect(end).toMatchObject({ code: status.UNAVAILABLE, details: 'try again' });
    expect(end.metadata.get('grpc-status-details-bin')).toHaveLength(1);
    call.end();
  });

  it('refuses at a request that cannot be decoded, after the answers to those before', async () => {
    await serveChat(echo);
    const { session, stream } = await rawCall(served.address, 'RouteChat');
    stream.write(wire('a'));
    await once(stream, 'data');
    stream.write(frame(Buffer.from([0x12, 0x02, 0xff, 0xff, 0x0a])));
    stream.resume();
    const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>];
    expect(trailers['grpc-status']).toBe(String(status.INVALID_ARGUMENT));
    session.destroy();
  });

  it('ends open streams with the status that the server stops with', async () => {
    await serveChat(async function* (requests, call) {
      for await (const request of requests) {
        yield request;
        await aborted(call.signal);
      }
    });
    const call = client.routeChat();
    const ending = statusFrom(call);
    call.write(note('a'));
    await once(call, 'data');
    served.dispatcher.abortAll(Code.UNAVAILABLE, 'the server stops');
    expect(await ending).toMatchObject({ code: status.UNAVAILABLE, details: 'the server stops' });
    await served.dispatcher.idle();
  });
});

async function texts(call: ClientDuplexStream<RouteNote, RouteNote>): Promise<string[]> {
  const all: string[] = [];
  for await (const { message } of call as AsyncIterable<RouteNote>) all.push(message);
  return all;
}
