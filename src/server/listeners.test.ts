import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from '../index.js';
import { failure } from '../test-support/outcome.js';
import { serverCert, serverKey } from '../test-support/certificates.js';
import { startServerProcess } from '../test-support/program.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { writeFileSync } from 'node:fs';
import { checkListenOptions } from './listen.js';
import { openListeners } from './listeners.js';
import { openLog } from './log.js';
import { startServer, type RunningServer } from './start.js';

const log = openLog('silent');
const QUIET = { listen: ['127.0.0.1:0'], log, shutdownGraceMs: 0, services: [] };

const portOf = (address: string): number => Number(address.replace(/.*:/, ''));

async function tcp(server: Pick<RunningServer, 'addresses'>, host = '127.0.0.1'): Promise<Socket> {
  const socket = connectTcp(portOf(server.addresses[0] ?? ''), host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

it.each([
  'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
  'POST /personguide.PersonGuide/GetPhone HTTP/1.1\r\n\r\n{}',
])('responds to HTTP/1.1 with a text that says what the port serves: %j', async (request) => {
  const server = await startServer(QUIET);
  const socket = await tcp(server);
  socket.write(request);
  const response = await text(socket);
  expect(response).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
  expect(response).toContain('This port serves gRPC over HTTP/2');
  await server.stop();
});

it.each([
  ['a TLS ClientHello', Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05])],
  ['other bytes', Buffer.from('hello')],
  ['bytes that begin like the preface', Buffer.from('PRX')],
])('closes a connection that begins with %s', async (_, bytes) => {
  const server = await startServer(QUIET);
  const socket = await tcp(server);
  socket.write(bytes);
  expect(await text(socket)).toBe('');
  await server.stop();
});

it('accepts a preface that arrives byte by byte', async () => {
  const server = await startServer(QUIET);
  const socket = await tcp(server);
  socket.setNoDelay();
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  for (const byte of Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings])) {
    await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
  }
  const [first] = (await once(socket, 'data')) as [Buffer];
  // A frame of type SETTINGS.
  expect(first[3]).toBe(4);
  socket.destroy();
  await server.stop();
});

it('keeps connections that arrive before the server is ready', async () => {
  const listeners = await openListeners({ listen: ['127.0.0.1:0'] }, log);
  const session = connectHttp2(`http://${listeners.addresses[0] ?? ''}`);
  await once(session, 'connect');
  const passed = new Promise<Socket>((resolve) => {
    listeners.onConnection({ http2: resolve });
  });
  expect((await passed).remotePort).toBe(session.socket.localPort);
  session.destroy();
  listeners.destroy();
});

it('listens on every address of localhost, on one port', async () => {
  const server = await startServer({ ...QUIET, listen: ['localhost:0'] });
  expect(server.addresses).toEqual([expect.stringMatching(/^localhost:[1-9]\d*$/)]);
  const socket = await tcp(server, 'localhost');
  socket.destroy();
  await server.stop();
});

it('stops although a client keeps its connection open and reads nothing', async () => {
  const server = await startServer(QUIET);
  const silent = await tcp(server);
  const open = await tcp(server);
  open.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  open.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  await once(open, 'readable');
  const closed = [once(silent, 'close'), once(open, 'close')];
  silent.resume();
  open.resume();
  await server.stop();
  await Promise.all(closed);
});

describe('an optional address', () => {
  it('is listened on if it is free', async () => {
    const server = await startServer({ ...QUIET, optionalListen: ['127.0.0.1:0'] });
    expect(server.addresses).toHaveLength(2);
    await server.stop();
  });

  it('leaves a warning if it is taken, and the server starts without it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const warnings: object[] = [];
    const warn = (details: object, message: string): void => {
      warnings.push({ ...details, message });
    };
    const options = { listen: ['127.0.0.1:0'], optionalListen: [taken] };
    const listeners = await openListeners(options, { warn } as never);
    expect(listeners.addresses).toHaveLength(1);
    expect(warnings).toEqual([
      { address: taken, message: expect.stringMatching(/in use.*starts without it/) as string },
    ]);
    listeners.destroy();
    other.close();
  });

  it('is checked as the others are', () => {
    expect(() => {
      checkListenOptions({ listen: [], optionalListen: ['0.0.0.0:1'] });
    }).toThrow('0.0.0.0:1 can be reached from other machines');
  });
});

it('logs failed TLS handshakes, at most one line per second', async () => {
  using folder = temporaryFolder();
  const [cert, key] = [folder.file('server.crt'), folder.file('server.key')];
  writeFileSync(cert, serverCert);
  writeFileSync(key, serverKey);
  const flags = ['--store', ':memory:', '--tls-cert', cert, '--tls-key', key];
  await using server = await startServerProcess([...flags, '--listen', 'localhost:0']);
  await using client = connect(server.address, { retry: false, timeoutMs: 5000, tls: true });
  for (let call = 0; call < 3; call += 1) {
    expect((await failure(client.people.getPhone({ id: 1 }))).codeName).toBe('UNAVAILABLE');
  }
  const line = await server.line(({ msg }) => msg === 'TLS handshake failed');
  expect(line).toMatchObject({
    peer: expect.stringMatching(/:\d+$/) as string,
    reason: expect.any(String) as string,
  });
  const { stdout } = await server.kill('SIGTERM');
  expect(stdout.split('TLS handshake failed').length - 1).toBeLessThan(4);
});
