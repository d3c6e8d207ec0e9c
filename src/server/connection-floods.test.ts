import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { serverCert, serverKey } from '../test-support/certificates.js';
import { silentConnections, TLS_RECORD_START } from '../test-support/attacks/connection-floods.js';
import { tcpConnection } from '../test-support/attacks/raw-connection.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { openListeners, type Listeners } from './listeners.js';
import type { ListenOptions } from './listen.js';

interface Warning {
  readonly peer: string;
  readonly reason: string;
  readonly text: string;
}

let listeners: Listeners;
let warnings: Warning[];

afterEach(() => {
  listeners.destroy();
});

async function listen(options: Partial<ListenOptions>): Promise<string> {
  warnings = [];
  const warn = (details: Omit<Warning, 'text'>, text: string): void => {
    warnings.push({ ...details, text });
  };
  const log = { info: () => undefined, warn };
  listeners = await openListeners({ listen: ['127.0.0.1:0'], ...options }, log as never);
  return listeners.addresses[0] ?? '';
}

it('refuses connections beyond the limit of an address, and serves another one', async () => {
  const limits = { connections: 100, connectionsPerAddress: 10 };
  const address = await listen({ limits });
  const flood = await silentConnections(address, { connections: 30 });
  const refused = await tcpConnection(address);
  refused.resume();
  await new Promise((resolve) => refused.once('close', resolve));
  expect(warnings).toMatchObject([
    {
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      reason: 'too many connections from this address',
      text: 'refused a connection',
    },
  ]);
  const passed = new Promise((resolve) => {
    listeners.onConnection({ http2: resolve });
  });
  const other = await tcpConnection(address, '127.0.0.2');
  other.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  await passed;
  for (const socket of [...flood, other]) socket.destroy();
});

it('takes an address again once its connections are closed', async () => {
  const address = await listen({ limits: { connections: 100, connectionsPerAddress: 1 } });
  for (let round = 0; round < 5; round += 1) {
    const passed = new Promise<void>((resolve) => {
      const http2 = (socket: Socket): void => {
        resolve();
        socket.destroy();
      };
      listeners.onConnection({ http2 });
    });
    const socket = await tcpConnection(address);
    socket.resume().write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await passed;
    await new Promise((resolve) => socket.once('close', resolve));
  }
  expect(warnings).toEqual([]);
});

it('closes a connection that sends nothing, and one that does not speak HTTP/2', async () => {
  const address = await listen({ limits: { handshakeMs: 100 } });
  for (const bytes of ['', 'hello, is anybody there?\n']) {
    const [socket] = await silentConnections(address, {
      connections: 1,
      bytes: Buffer.from(bytes),
    });
    if (socket !== undefined) await once(socket, 'close');
  }
  // One line per second of each text; the first says it.
  expect(warnings).toMatchObject([{ reason: 'it sent nothing within 100 ms' }]);
});

it('closes TLS connections whose handshake does not end, and logs it', async () => {
  using folder = temporaryFolder();
  const tls = { cert: folder.file('server.crt'), key: folder.file('server.key') };
  writeFileSync(tls.cert, serverCert);
  writeFileSync(tls.key, serverKey);
  const address = await listen({ tls, limits: { handshakeMs: 100 } });
  const silent = await silentConnections(address, { connections: 5 });
  const slow = await silentConnections(address, { connections: 5, bytes: TLS_RECORD_START });
  await Promise.all([...silent, ...slow].map((socket) => closed(socket)));
  expect(warnings).toMatchObject([
    { text: 'TLS handshake failed', reason: 'ERR_TLS_HANDSHAKE_TIMEOUT' },
  ]);
});

function closed(socket: Socket): Promise<void> {
  return new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', resolve);
  });
}
