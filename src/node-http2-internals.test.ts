import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { createServer as createHttp1Server } from 'node:http';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  hasLightStreamTable,
  lightenRequests,
  lightenStreamTable,
  RepeatedHeaders,
  takeNoMoreRequests,
} from './node-http2-internals.js';

it('replaces the stream table of a session, which serves its streams as before', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open: ServerHttp2Stream[] = [];
  let serverSession: Http2Session | undefined;
  server.on('stream', (stream, headers) => {
    serverSession = stream.session;
    // Each stream asks for it, as in a server; the first one finds itself in the table.
    if (stream.session !== undefined) lightenStreamTable(stream.session);
    stream.on('error', () => undefined);
    if (headers[':path'] === '/open') open.push(stream);
    else stream.end('done');
  });
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const kept = session.request({ ':path': '/open' }).on('error', () => undefined);
  const bodies = await Promise.all(
    Array.from({ length: 300 }, () => text(session.request({ ':path': '/' }))),
  );
  expect(new Set(bodies)).toEqual(new Set(['done']));
  expect(serverSession && hasLightStreamTable(serverSession)).toBe(true);
  // The stream that is still open is closed with its session, which needs the table for that.
  const closed = once(open[0] as ServerHttp2Stream, 'close');
  serverSession?.destroy();
  await closed;
  kept.destroy();
  session.destroy();
  server.close();
  await once(server, 'close');
});

it('changes nothing where Node has no such table', () => {
  const other = new EventEmitter() as Http2Session;
  lightenStreamTable(other);
  expect(hasLightStreamTable(other)).toBe(false);
});

it('takes no more requests out of what has arrived from a client of HTTP/1.1', async () => {
  const server = createHttp1Server((request, response) => {
    requests += 1;
    takeNoMoreRequests(request.socket);
    response.end();
    request.socket.end();
  });
  let requests = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50));
  await once(socket.resume(), 'close');
  expect(requests).toBe(1);
  server.close();
});

describe('the requests of a light session', () => {
  let server: Http2Server;
  let session: ClientHttp2Session;

  beforeEach(async () => {
    server = createServer((_, response) => response.end('done')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    lightenRequests(session);
  });

  afterEach(async () => {
    session.destroy();
    server.close();
    await once(server, 'close');
  });

  it('are made while the session connects and later, each in its asynchronous context', async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const request = (name: string): Promise<string> =>
      context.run(name, () => {
        const stream = session.request({ ':path': '/' });
        // A request of a connected session is ready before there can be a listener.
        for (const event of ['ready', 'response']) {
          stream.on(event, () => seen.push(`${event} ${context.getStore() ?? 'without'}`));
        }
        return text(stream);
      });
    const early = [request('first'), request('second')];
    await once(session, 'connect');
    expect(await Promise.all([...early, request('third')])).toEqual(['done', 'done', 'done']);
    expect(seen.sort()).toEqual([
      'ready first',
      'ready second',
      'response first',
      'response second',
      'response third',
    ]);
    expect(hasLightStreamTable(session)).toBe(true);
  });

  it('leave AsyncResource.bind() as it was for all others, also when they throw', async () => {
    const bind = Object.getOwnPropertyDescriptor(AsyncResource.prototype, 'bind');
    await text(session.request({ ':path': '/' }));
    session.destroy();
    expect(() => session.request({ ':path': '/' })).toThrow('destroyed');
    expect(Object.getOwnPropertyDescriptor(AsyncResource.prototype, 'bind')).toEqual(bind);
  });

  it('do not call AsyncResource.bind(), as those of other sessions do', async () => {
    const bind = jest.spyOn(AsyncResource.prototype, 'bind');
    await text(session.request({ ':path': '/' }));
    const calls = bind.mock.calls.length;
    const other = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await text(other.request({ ':path': '/' }));
    const callsOfOther = bind.mock.calls.length - calls;
    bind.mockRestore();
    other.destroy();
    expect([calls, callsOfOther]).toEqual([0, 1]);
  });
});

describe('repeated headers', () => {
  const HEADERS = { ':status': 200, 'content-type': 'text/plain', 'x-name': 'value' };
  let server: Http2Server;
  let session: ClientHttp2Session;
  let streams: ServerHttp2Stream[];

  beforeEach(async () => {
    const repeated = new RepeatedHeaders(HEADERS);
    streams = [];
    server = createServer().listen(0, '127.0.0.1');
    server.on('stream', (stream) => {
      streams.push(stream);
      stream.on('wantTrailers', () => {
        stream.sendTrailers({ 'x-last': 'trailer' });
      });
      repeated.respond(stream);
      stream.end('done');
    });
    await once(server, 'listening');
    session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    session.destroy();
    server.close();
    await once(server, 'close');
  });

  /** What the client gets of a response: headers, body and trailers. */
  async function response(): Promise<Record<string, unknown>> {
    const request = session.request({ ':path': '/' });
    const trailers = once(request, 'trailers') as Promise<[IncomingHttpHeaders]>;
    const [headers] = (await once(request, 'response')) as [IncomingHttpHeaders];
    const body = await text(request);
    return { headers: { ...headers }, body, trailers: { ...(await trailers)[0] } };
  }

  it('are those that Node sends, also where Node has not read them', async () => {
    const first = await response();
    expect(first).toMatchObject({
      headers: HEADERS,
      body: 'done',
      trailers: { 'x-last': 'trailer' },
    });
    const atMs = Date.parse((first['headers'] as IncomingHttpHeaders).date ?? '');
    jest.spyOn(Date, 'now').mockReturnValue(atMs + 999);
    expect(await Promise.all([response(), response()])).toEqual([first, first]);
    expect(streams.map(({ headersSent }) => headersSent)).toEqual([true, true, true]);
    // Node remembers the headers that it was given: it was not given the later ones.
    const sentByNode = streams.map((stream): unknown => stream.sentHeaders);
    expect(sentByNode).toEqual([expect.objectContaining(HEADERS), undefined, undefined]);
  });

  it('have the date of now', async () => {
    await response();
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse('2031-05-06T07:08:09.999Z'));
    expect(await response()).toMatchObject({ headers: { date: 'Tue, 06 May 2031 07:08:09 GMT' } });
  });

  it('are given to Node each time where it does not keep a stream as expected', () => {
    const responses: unknown[] = [];
    const other = Object.assign(new EventEmitter(), {
      respond: (...values: unknown[]) => responses.push(values),
    });
    const repeated = new RepeatedHeaders(HEADERS);
    for (let count = 0; count < 2; count += 1) {
      repeated.respond(other as unknown as ServerHttp2Stream);
    }
    expect(responses).toEqual([
      [HEADERS, { waitForTrailers: true }],
      [HEADERS, { waitForTrailers: true }],
    ]);
  });
});
