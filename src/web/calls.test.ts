import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { startDirectory, type RunningDirectory } from '../server/run.js';
import { deferred } from '../test-support/deferred.js';
import { http1, http2, postJson, serveRouteGuide, versions } from './web.test.support.js';
import { Code } from '../rpc/index.js';

const GUIDE = '/personguide.PersonGuide';
const JSON_TYPE = { 'content-type': 'application/json' };

interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details?: readonly { readonly type: string; readonly debug: unknown }[];
}

const errorOf = ({ body }: { readonly body: string }) => JSON.parse(body) as ErrorBody;
const linesOf = ({ body }: { readonly body: string }): unknown[] =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('a directory', () => {
  let directory: RunningDirectory;
  let address: string;

  beforeAll(async () => {
    const options = { listen: ['127.0.0.1:0'], store: ':memory:', demo: true } as const;
    directory = await startDirectory({ ...options, logLevel: 'silent', shutdownGraceMs: 0 });
    [address = ''] = directory.addresses;
  });
  afterAll(() => directory.stop());

  it.each(versions)('responds to JSON over %s', async (_, send) => {
    const response = await postJson(address, `${GUIDE}/GetPhone`, { id: 1 }, {}, send);
    expect(response).toMatchObject({ status: 200, body: '{"number":"1234","type":"HOME"}' });
    expect(response.headers['x-request-id']).toMatch(/^[\w.-]+$/);
  });

  it('returns the request id of the caller', async () => {
    const id = { 'x-request-id': 'my-id' };
    const { headers } = await postJson(address, `${GUIDE}/GetPhone`, { id: 1 }, id);
    expect(headers['x-request-id']).toBe('my-id');
  });

  it('responds to a call that fails with its code, its text and readable details', async () => {
    const response = await postJson(address, `${GUIDE}/GetPhone`, {});
    expect(response.status).toBe(400);
    expect(errorOf(response)).toMatchObject({
      code: 'invalid_argument',
      message: 'id: give an id or an email',
      details: [
        {
          type: 'google.rpc.BadRequest',
          debug: { fieldViolations: [{ field: 'id', description: 'give an id or an email' }] },
        },
        { type: 'google.rpc.ErrorInfo', debug: { reason: 'INVALID_FIELDS' } },
      ],
    });
    expect((await postJson(address, `${GUIDE}/GetPhone`, { id: 999 })).status).toBe(404);
  });

  it.each([
    ['an unknown key', '{"idd":1}', 'key "idd" is unknown'],
    ['text that is not JSON', '{"id":1', 'JSON'],
    ['a value of another type', '{"id":"one"}', 'personguide.Person.id'],
    ['a number that is too large', '{"id":2147483648}', 'personguide.Person.id'],
    ['an unknown enum value', '{"phones":[{"type":"FAX"}]}', 'FAX'],
    ['a time that is not one', '{"lastUpdated":"today"}', 'Timestamp'],
    ['an array', '[{"id":1}]', 'personguide.Person'],
    ['nothing', '', 'JSON'],
  ])('refuses %s with INVALID_ARGUMENT and names it', async (_, body, named) => {
    const response = await postJson(address, `${GUIDE}/GetPhone`, body);
    expect(response.status).toBe(400);
    const { code, message, details } = errorOf(response);
    expect(code).toBe('invalid_argument');
    expect(message).toContain('the request message cannot be decoded');
    expect(message).toContain(named);
    expect(details).toMatchObject([{ debug: { reason: 'UNDECODABLE_MESSAGE' } }]);
  });

  it.each([
    ['malformed bytes', 'application/proto', Buffer.of(0x0b)],
    ['text that is not UTF-8', 'application/proto', Buffer.of(0x0a, 1, 0xff)],
    ['JSON that is not UTF-8', 'application/json', Buffer.from('7b226e616d65223a22ff227d', 'hex')],
    ['JSON of too many parts', 'application/json', `{"phones":[${'{},'.repeat(60_000)}{}]}`],
  ])('refuses %s with INVALID_ARGUMENT', async (_, contentType, body) => {
    const method = body.length > 60_000 ? 'CreatePerson' : 'GetPhone';
    const headers = { 'content-type': contentType };
    const response = await http1(address, 'POST', `${GUIDE}/${method}`, headers, body);
    expect(response.status).toBe(400);
    expect(errorOf(response)).toMatchObject({
      code: 'invalid_argument',
      details: [{ debug: { reason: 'UNDECODABLE_MESSAGE' } }],
    });
  });

  it('reads and writes times, enums, oneofs and 64-bit numbers as the JSON mapping says', async () => {
    const person = {
      name: 'Ann',
      email: 'ann@example.org',
      phones: [
        { number: '1', type: 'WORK' },
        { number: '2', type: 1 },
      ],
    };
    const { body } = await postJson(address, `${GUIDE}/CreatePerson`, { person });
    expect(JSON.parse(body)).toMatchObject({
      person: {
        name: 'Ann',
        phones: [
          { number: '1', type: 'WORK' },
          { number: '2', type: 'HOME' },
        ],
        lastUpdated: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      },
    });
    const user = { firstName: 'Bea', lastName: 'Lee', email: 'bea@example.org' };
    await postJson(address, '/grpcUser.UserService/AddUser', user);
    const found = await postJson(address, '/grpcUser.UserService/FindUser', { email: user.email });
    expect(JSON.parse(found.body)).toMatchObject(user);
    const both = { email: user.email, id: 1 };
    const refused = await postJson(address, '/grpcUser.UserService/FindUser', both);
    expect(errorOf(refused).message).toContain('oneof');
  });

  it('sends a server stream as lines of JSON', async () => {
    const response = await postJson(address, `${GUIDE}/ListPersons`, { name: 'my adress' });
    expect(linesOf(response).slice(0, 2)).toMatchObject([{ id: 1, name: 'Juan' }, { id: 2 }]);
    expect(response).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const none = await postJson(address, `${GUIDE}/ListPersons`, { name: 'nowhere' });
    expect(none).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    ['an array', '[{"name":"A"},\n {"name":"B}]\\"{"} ]'],
    ['lines', '{"name":"A"}\n{"name":"B}]\\"{"}\n'],
    ['objects without a separator', '{"name":"A"}{"name":"B}]\\"{"}'],
  ])('takes %s as a stream of requests', async (_, body) => {
    const response = await postJson(address, `${GUIDE}/RecordPersons`, body);
    expect(response).toMatchObject({ status: 200, headers: JSON_TYPE });
    expect(JSON.parse(response.body)).toMatchObject({ people: [{ name: 'A' }, { name: 'B}]"{' }] });
  });

  it('takes a compressed stream of requests that arrives byte by byte', async () => {
    const sent = requestTo(address, `${GUIDE}/RecordPersons`, {
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
    });
    const compressed = gzipSync('[{"name":"Zoë"},{"name":"B"}]');
    for (const byte of compressed) {
      await new Promise((resolve) => sent.write(Buffer.of(byte), resolve));
    }
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(JSON.parse(await text(response))).toMatchObject({
      people: [{ name: 'Zoë' }, { name: 'B' }],
    });
  });

  it('imports batches, and responds to each with a line', async () => {
    const batches = '{"people":[{"name":"A"},{"name":""}]}\n{"people":[{"name":"C"}]}\n';
    const headers = { 'content-type': 'application/x-ndjson' };
    const response = await http1(address, 'POST', `${GUIDE}/ImportPersons`, headers, batches);
    expect(linesOf(response)).toMatchObject([
      {},
      { committed: 2, faults: [{ index: 1, message: 'name: must not be empty' }] },
      { committed: 3, created: 2 },
    ]);
  });

  it.each([
    ['that ends too early', '[{"name":"Early"}', 'it ends too early'],
    ['without a comma', '[{"name":"Early"} {"name":"B"}]', 'a comma is missing'],
    ['with something after it', '[{"name":"Early"}] 7', 'must be objects'],
    ['of numbers', '[{"name":"Early"}, 7]', 'must be objects'],
    ['with an unknown key', '[{"name":"Early"},{"nam":"B"}]', 'key "nam" is unknown'],
  ])('records nothing of an array %s', async (_, body, named) => {
    const response = await postJson(address, `${GUIDE}/RecordPersons`, body);
    expect(response.status).toBe(400);
    expect(errorOf(response).message).toContain(named);
    const { body: list } = await postJson(address, `${GUIDE}/ListPersons`, {});
    expect(list).not.toContain('Early');
  });

  it('limits the size of each object of a stream', async () => {
    const body = `{"name":"${'x'.repeat(5_000_000)}"}`;
    const response = await postJson(address, `${GUIDE}/RecordPersons`, body);
    expect(response.status).toBe(429);
    expect(errorOf(response).code).toBe('resource_exhausted');
  });

  it('serves calls without side effects to a GET, and no others', async () => {
    const query = (json: object) =>
      `?connect=v1&encoding=json&message=${encodeURIComponent(JSON.stringify(json))}`;
    const get = await http1(address, 'GET', `${GUIDE}/GetPhone${query({ id: 1 })}`);
    expect(get).toMatchObject({ status: 200, body: '{"number":"1234","type":"HOME"}' });
    const noQuery = await http1(address, 'GET', `${GUIDE}/GetPhone`);
    expect(noQuery.status).toBe(415);
    expect(errorOf(noQuery).message).toContain('?encoding=json&message=');
    const create = `${GUIDE}/CreatePerson${query({ person: { name: 'A' } })}`;
    for (const path of [create, `${GUIDE}/ListPersons${query({})}`]) {
      const refused = await http1(address, 'GET', path);
      expect(refused.status).toBe(405);
      expect(errorOf(refused).message).toContain('must be POST');
    }
  });

  it('refuses a message that decompresses to too much with RESOURCE_EXHAUSTED', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, ' '));
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    const response = await http1(address, 'POST', `${GUIDE}/GetPhone`, headers, bomb);
    expect(response.status).toBe(429);
    expect(errorOf(response).code).toBe('resource_exhausted');
  });

  it('reads compressed messages, and compresses responses that are large enough', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip', 'accept-encoding': 'gzip' };
    const path = `${GUIDE}/QueryPersons`;
    const response = await http1(address, 'POST', path, headers, gzipSync('{}'));
    expect(response).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip' } });
    const small = await http1(address, 'POST', `${GUIDE}/GetPhone`, headers, gzipSync('{"id":1}'));
    expect(small.body).toBe('{"number":"1234","type":"HOME"}');
  });

  it('refuses a message that is too large with RESOURCE_EXHAUSTED', async () => {
    const proto = { 'content-type': 'application/proto' };
    const [large, largeJson] = [Buffer.alloc(70_000), `{"name":"${'x'.repeat(70_000)}"}`];
    for (const response of [
      await http1(address, 'POST', `${GUIDE}/GetPhone`, proto, large),
      await postJson(address, `${GUIDE}/GetPhone`, largeJson),
    ]) {
      expect(errorOf(response).code).toBe('resource_exhausted');
    }
  });

  it.each([['-1'], ['1e3'], ['soon']])('refuses the timeout "%s"', async (timeout) => {
    const headers = { 'connect-timeout-ms': timeout };
    const response = await postJson(address, `${GUIDE}/GetPhone`, { id: 1 }, headers);
    expect(response.status).toBe(400);
    expect(errorOf(response).message).toContain('timeout');
  });

  it('treats a timeout of 100 days as one, and not as one that has passed', async () => {
    const headers = { 'connect-timeout-ms': '8640000000' };
    const response = await postJson(address, `${GUIDE}/GetPhone`, { id: 1 }, headers);
    expect(response.status).toBe(200);
  });

  it.each(versions)(
    'has readable errors for unknown methods and paths over %s',
    async (_, send) => {
      const unknown = await postJson(address, `${GUIDE}/GetPhon`, {}, {}, send);
      expect(unknown.status).toBe(404);
      expect(errorOf(unknown)).toEqual({
        code: 'unimplemented',
        message: `this server has no method ${GUIDE}/GetPhon`,
      });
      const nothing = await send(address, 'GET', '/nothing/here');
      expect(nothing.status).toBe(404);
      expect(errorOf(nothing).message).toContain('/nothing/here');
    },
  );

  it.each([['/healthz'], ['/readyz']])('responds to %s', async (path) => {
    const probe = await http1(address, 'GET', path);
    expect(probe).toMatchObject({ status: 200, body: '{"status":"SERVING"}\n' });
  });

  it('applies a call with an idempotency key once', async () => {
    const key = { 'idempotency-key': 'web-once' };
    const once = await postJson(address, `${GUIDE}/RecordPersons`, '[{"name":"Once"}]', key);
    const again = await postJson(address, `${GUIDE}/RecordPersons`, '[{"name":"Once"}]', key);
    expect(JSON.parse(again.body)).toEqual(JSON.parse(once.body));
  });

  it('reads and writes base64 with gRPC-Web in text mode, also in several parts', async () => {
    // An envelope with the person whose id is 1.
    const request = Buffer.of(0, 0, 0, 0, 2, 0x10, 1);
    const parts = [request.subarray(0, 5), request.subarray(5)];
    for (const body of [request.toString('base64'), parts.map((part) => part.toString('base64'))]) {
      const headers = { 'content-type': 'application/grpc-web-text' };
      const whole = typeof body === 'string' ? body : body.join('');
      const response = await http1(address, 'POST', `${GUIDE}/GetPhone`, headers, whole);
      expect(response.headers['content-type']).toBe('application/grpc-web-text+proto');
      const bytes = (response.body.match(/[^=]+={0,2}/g) ?? []).map((part) =>
        Buffer.from(part, 'base64'),
      );
      const decoded = Buffer.concat(bytes).toString('latin1');
      expect(decoded).toContain('1234');
      expect(decoded).toContain('grpc-status: 0');
    }
  });
});

function requestTo(address: string, path: string, headers: Record<string, string> = JSON_TYPE) {
  const [host = '', port] = address.split(':');
  const sent = httpRequest({ host, port, method: 'POST', path, headers, agent: false });
  sent.on('error', () => undefined);
  return sent;
}

const LIST = '/routeguide.RouteGuide/ListFeatures';
const CHAT = '/routeguide.RouteGuide/RouteChat';

it('sends the first response of a quiet stream, and aborts the call when the client goes', async () => {
  const ended = deferred<unknown>();
  const guide = await serveRouteGuide({
    listFeatures: async function* (_request, { signal }) {
      yield { name: 'first', location: undefined };
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      ended.resolve(signal.reason);
    },
  });
  const sent = requestTo(guide.address, LIST);
  sent.end('{}');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  const [line] = (await once(response, 'data')) as [Buffer];
  expect(JSON.parse(line.toString())).toEqual({ name: 'first' });
  sent.destroy();
  expect(await ended.promise).toMatchObject({ name: 'CallEndedError' });
  expect((await guide.nextEnd()).code).toBe(Code.CANCELLED);
  await guide.stop();
});

it('ends a stream whose handler fails after the first response with a line that has the error', async () => {
  const guide = await serveRouteGuide({
    listFeatures: async function* () {
      yield { name: 'first', location: undefined };
      throw Object.assign(new Error('no more'), { reason: 'unavailable' });
    },
  });
  const response = await postJson(guide.address, LIST, {});
  expect(linesOf(response)).toMatchObject([
    { name: 'first' },
    { error: { code: 'unavailable', message: 'no more' } },
  ]);
  await guide.stop();
});

it('aborts a handler at the deadline, and responds with DEADLINE_EXCEEDED', async () => {
  const guide = await serveRouteGuide({
    getFeature: (_request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      }),
  });
  const path = '/routeguide.RouteGuide/GetFeature';
  const response = await postJson(guide.address, path, {}, { 'connect-timeout-ms': '50' });
  expect(response.status).toBe(504);
  expect(errorOf(response).code).toBe('deadline_exceeded');
  await guide.stop();
});

it('ends a unary call without a deadline whose request never arrives', async () => {
  const guide = await serveRouteGuide({}, { limits: { unaryDeadlineMs: 50 } });
  const sent = requestTo(guide.address, '/routeguide.RouteGuide/GetFeature');
  sent.write('{');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(504);
  sent.destroy();
  await guide.stop();
});

it('records nothing of a request that breaks off', async () => {
  const received = deferred<unknown>();
  const guide = await serveRouteGuide({
    recordRoute: async (requests) => {
      try {
        let points = 0;
        for await (const batch of requests.batches()) points += batch.length;
        received.resolve(points);
      } catch (error) {
        received.resolve(error);
      }
      return { pointCount: 0, featureCount: 0, distance: 0, elapsedTime: 0 };
    },
  });
  const sent = requestTo(guide.address, '/routeguide.RouteGuide/RecordRoute');
  await new Promise((resolve) => sent.write('{"latitude":1}\n{"lat', resolve));
  sent.destroy();
  expect(await received.promise).toMatchObject({ name: 'CallEndedError' });
  await guide.stop();
});

it('asks a handler for no more than its client reads', async () => {
  let yielded = 0;
  const stalled = deferred();
  const message = 'x'.repeat(10_000);
  const guide = await serveRouteGuide({
    listFeatures: async function* () {
      for (; yielded < 10_000; yielded += 1) {
        yield { name: message, location: undefined };
        if (yielded === 1) stalled.resolve();
      }
    },
  });
  const sent = requestTo(guide.address, LIST);
  sent.end('{}');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await stalled.promise;
  // Another call goes on meanwhile; without backpressure, all 100 MB would have been taken.
  for (let call = 0; call < 20; call += 1) await http1(guide.address, 'GET', '/healthz');
  expect(yielded).toBeLessThan(5000);
  const body = await text(response);
  expect(body.length).toBeGreaterThan(100_000_000);
  await guide.stop();
});

it('reads no more requests than a handler takes', async () => {
  const proceed = deferred();
  let taken = 0;
  const guide = await serveRouteGuide({
    routeChat: async function* (requests) {
      for await (const { message } of requests) {
        taken += 1;
        if (taken === 1) await proceed.promise;
        if (message === 'last') yield { location: undefined, message: taken.toString() };
      }
    },
  });
  const sent = requestTo(guide.address, CHAT);
  const line = `{"message":"${'x'.repeat(10_000)}"}\n`;
  let written = 0;
  // The buffers of the kernel take a few megabytes.
  while (written < 10_000 && sent.write(line)) written += 1;
  const full = sent.writableLength;
  for (let call = 0; call < 20; call += 1) await http1(guide.address, 'GET', '/healthz');
  expect(full).toBeGreaterThan(0);
  proceed.resolve();
  sent.end('{"message":"last"}');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(JSON.parse(await text(response))).toEqual({ message: (written + 2).toString() });
  await guide.stop();
});

it('serves both directions at the same time over HTTP/2', async () => {
  const guide = await serveRouteGuide({
    routeChat: async function* (requests) {
      for await (const { message } of requests) yield { location: undefined, message };
    },
  });
  const session = connectHttp2(`http://${guide.address}`);
  const stream = session.request({ ':method': 'POST', ':path': CHAT, ...JSON_TYPE });
  const lines = createInterface(stream);
  for (const message of ['one', 'two']) {
    stream.write(JSON.stringify({ message }));
    const [line] = (await once(lines, 'line')) as [string];
    expect(JSON.parse(line)).toEqual({ message });
  }
  stream.end();
  await once(stream, 'close');
  session.close();
  await guide.stop();
});

it('does not start a handler for a call that middleware refuses, and reads nothing of it', async () => {
  const guide = await serveRouteGuide(
    {},
    {
      middleware: [
        () => {
          throw Object.assign(new Error('not you'), { reason: 'permission-denied' });
        },
      ],
    },
  );
  for (const send of [http1, http2]) {
    const response = await postJson(guide.address, LIST, '{', {}, send);
    expect(response.status).toBe(403);
    expect(errorOf(response)).toMatchObject({ code: 'permission_denied', message: 'not you' });
  }
  await guide.stop();
});
