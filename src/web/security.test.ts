import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { openLog } from '../server/log.js';
import { startServer, type RunningServer, type ServerOptions } from '../server/start.js';
import {
  http1,
  http2,
  postJson,
  serveRouteGuide,
  versions,
  type ServedRouteGuide,
} from './web.test.support.js';

const FEATURE = '/routeguide.RouteGuide/GetFeature';
const ORIGIN = 'https://app.example.com';

async function tcp(address: string): Promise<Socket> {
  const [host = '', port] = address.split(':');
  const socket = connectTcp(Number(port), host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

function quiet(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const log = openLog('silent');
  const listen = ['127.0.0.1:0'];
  return startServer({ listen, log, shutdownGraceMs: 0, services: [], web: true, ...options });
}

describe('a server', () => {
  let guide: ServedRouteGuide;
  let address: string;
  let called = 0;

  beforeAll(async () => {
    const getFeature = () => {
      called += 1;
      return { name: 'here', location: undefined };
    };
    const options = { allowOrigins: [ORIGIN], allowHosts: ['people.example.com'] };
    guide = await serveRouteGuide({ getFeature }, options);
    ({ address } = guide);
  });
  beforeEach(() => {
    called = 0;
  });
  afterAll(() => guide.stop());

  describe.each(versions)('over %s', (version, send) => {
    const hostHeader = version === 'HTTP/2' ? ':authority' : 'host';

    it.each([
      ['an address', '127.0.0.1:50051'],
      ['an address of IPv6', '[::1]:50051'],
      ['another address of the machine', '192.168.1.7'],
      ['localhost', 'LocalHost:1'],
      ['a name that is listed', 'people.example.com'],
      ['that name with a port', 'People.example.com:443'],
    ])('serves %s', async (_, host) => {
      const headers = { [hostHeader]: host };
      expect((await postJson(address, FEATURE, {}, headers, send)).status).toBe(200);
      expect(called).toBe(1);
    });

    it.each([
      ['of another site, which may resolve to this machine', 'evil.example:50051'],
      ['that begins like one that is listed', 'people.example.com.evil.example'],
      ['that ends like one that is listed', 'evil-people.example.com'],
      ['that begins like an address', '127.0.0.1.evil.example'],
      ['with a port that is not a number', 'localhost:evil'],
    ])('refuses a name %s with 421', async (_, host) => {
      const headers = { [hostHeader]: host };
      for (const path of [FEATURE, '/', '/healthz']) {
        expect((await postJson(address, path, {}, headers, send)).status).toBe(421);
      }
      expect(called).toBe(0);
    });

    it.each([
      ['a form', 'application/x-www-form-urlencoded'],
      ['a form with files', 'multipart/form-data; boundary=x'],
      ['text, as sendBeacon() sends it', 'text/plain;charset=UTF-8'],
      ['nothing', ''],
      ['JSON in another charset', 'application/json; charset=utf-16'],
      ['something that only begins like JSON', 'application/jsonx'],
      ['several types', 'text/plain, application/json'],
    ])('refuses the content type of %s with 415', async (_, contentType) => {
      const headers = { 'content-type': contentType };
      const response = await send(address, 'POST', FEATURE, headers, '{}');
      expect(response.status).toBe(415);
      expect(response.body).toContain("-H 'content-type: application/json'");
      expect(called).toBe(0);
    });

    it('lets pages of a listed origin call, and read the response', async () => {
      const origin = { origin: ORIGIN };
      const asked = { ...origin, 'access-control-request-method': 'POST' };
      const preflight = await send(address, 'OPTIONS', FEATURE, asked);
      expect(preflight).toMatchObject({
        status: 204,
        headers: {
          'access-control-allow-origin': ORIGIN,
          'access-control-allow-methods': 'POST, GET',
          'access-control-max-age': '7200',
          vary: 'Origin',
        },
      });
      const allowed = preflight.headers['access-control-allow-headers']?.toString().toLowerCase();
      for (const name of ['authorization', 'content-type', 'connect-timeout-ms', 'x-grpc-web']) {
        expect(allowed).toContain(name);
      }
      const response = await postJson(address, FEATURE, {}, origin, send);
      expect(response.headers).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-expose-headers': expect.stringContaining('X-Request-Id') as string,
        vary: 'Origin',
      });
      expect(response.headers['access-control-allow-credentials']).toBeUndefined();
    });

    it.each([
      ['another origin', 'https://evil.example'],
      ['the same host with another scheme', 'http://app.example.com'],
      ['the same host with another port', 'https://app.example.com:8443'],
      ['no origin, as a sandbox has it', 'null'],
    ])('lets pages of %s do nothing', async (_, origin) => {
      for (const method of ['OPTIONS', 'POST']) {
        const headers = { origin, 'content-type': 'application/json' };
        const response = await send(address, method, FEATURE, headers, '{}');
        expect(response.status).toBe(403);
        expect(response.headers['access-control-allow-origin']).toBeUndefined();
      }
      expect(called).toBe(0);
    });

    it('lets pages of its own call', async () => {
      const headers = { origin: `http://${address}`, [hostHeader]: address };
      expect((await postJson(address, FEATURE, {}, headers, send)).status).toBe(200);
    });

    it('refuses too many headers with 431', async () => {
      const headers = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`x-${n}`, '1']));
      expect((await postJson(address, FEATURE, {}, headers, send)).status).toBe(431);
      expect(called).toBe(0);
    });
  });

  it('refuses headers that are too large with 431', async () => {
    const headers = { 'x-large': 'x'.repeat(70_000) };
    expect((await postJson(address, FEATURE, {}, headers)).status).toBe(431);
  });
});

it('closes a connection that sends half of a request line, of headers or of the preface', async () => {
  const server = await quiet({ limits: { handshakeMs: 100 } });
  const [address = ''] = server.addresses;
  for (const beginning of ['PO', 'GET / HTTP/1.1\r\nhost: a', 'PRI * HTTP/2.0\r\n']) {
    const socket = await tcp(address);
    socket.write(beginning);
    const response = await text(socket);
    expect(response === '' || response.startsWith('HTTP/1.1 408')).toBe(true);
  }
  await server.stop();
});

it('closes the connection of a request whose body does not arrive in time', async () => {
  const server = await quiet({ limits: { streamIdleMs: 100, handshakeMs: 100 } });
  const socket = await tcp(server.addresses[0] ?? '');
  socket.write('GET /nothing HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n1');
  const response = await text(socket);
  expect(response).toContain('HTTP/1.1 404');
  await server.stop();
});

it('closes connections that are idle', async () => {
  const server = await quiet({ limits: { connectionIdleMs: 100 } });
  const socket = await tcp(server.addresses[0] ?? '');
  socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
  expect(await text(socket)).toContain('HTTP/1.1 200');
  await server.stop();
});

it('responds with 400 to what only begins like HTTP/1.1', async () => {
  const server = await quiet();
  const socket = await tcp(server.addresses[0] ?? '');
  socket.write('GET \u0000\r\n\r\n');
  expect(await text(socket)).toContain('HTTP/1.1 400');
  await server.stop();
});

it('serves gRPC alone with web off', async () => {
  const server = await quiet({ web: false });
  const [address = ''] = server.addresses;
  expect((await http1(address, 'GET', '/healthz')).status).toBe(426);
  expect((await http2(address, 'GET', '/healthz')).status).toBe(415);
  await server.stop();
});
