import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { connect } from '../index.js';
import {
  authority,
  clientCert,
  clientKey,
  serverCert,
  serverKey,
} from '../test-support/certificates.js';
import {
  clientAuthority,
  ordersCert,
  ordersKey,
  otherServerCert,
  otherServerKey,
} from '../test-support/client-certificates.js';
import { failure, rejectionOf } from '../test-support/outcome.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { memoryLog, type MemoryLog } from './auth/calls.test.support.js';
import { startServer, type RunningServer } from './start.js';

let folder: Folder;
let memory: MemoryLog;
let server: RunningServer;
let tls: { cert: string; key: string; clientCa?: string };

beforeEach(() => {
  folder = temporaryFolder();
  memory = memoryLog();
  tls = { cert: folder.file('server.crt'), key: folder.file('server.key') };
  replace(tls.cert, serverCert);
  replace(tls.key, serverKey);
});

afterEach(async () => {
  await server.stop();
  folder[Symbol.dispose]();
});

async function start(): Promise<void> {
  const { log } = memory;
  server = await startServer({
    listen: ['localhost:0'],
    log,
    shutdownGraceMs: 0,
    services: [],
    tls,
  });
}

/** As careful operators do it: nobody sees half of a file. */
function replace(file: string, content: Buffer): void {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

const reloaded = (): Promise<unknown> =>
  memory.waitForLine(({ msg }) => msg === 'TLS: the certificates were read again');

const left = (): Promise<unknown> =>
  memory.waitForLine(({ msg }) => msg === 'TLS: the certificates are left as they were');

async function handshake(
  options: ConnectionOptions = {},
): Promise<{ cert: string; protocol: string }> {
  const port = Number((server.addresses[0] ?? '').replace(/.*:/, ''));
  const socket = connectTls({ port, host: 'localhost', rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const cert = new X509Certificate(socket.getPeerCertificate().raw).fingerprint256;
  const protocol = socket.getProtocol() ?? '';
  socket.destroy();
  return { cert, protocol };
}

const fingerprint = (pem: Buffer): string => new X509Certificate(pem).fingerprint256;

it('gives new connections the new certificate, and leaves open ones alone', async () => {
  await start();
  await using client = connect(server.addresses[0] ?? '', { tls: { ca: authority }, retry: false });
  expect(await client.health()).toBe('SERVING');
  replace(tls.cert, otherServerCert);
  replace(tls.key, otherServerKey);
  await reloaded();
  expect((await handshake()).cert).toBe(fingerprint(otherServerCert));
  expect(await client.health()).toBe('SERVING');
  await using next = connect(server.addresses[0] ?? '', { tls: { ca: clientAuthority } });
  expect(await next.health()).toBe('SERVING');
});

it('keeps the last good pair while the files do not fit together, are broken or are gone', async () => {
  await start();
  replace(tls.key, otherServerKey);
  await left();
  expect((await handshake()).cert).toBe(fingerprint(serverCert));
  replace(tls.cert, otherServerCert);
  await reloaded();
  expect((await handshake()).cert).toBe(fingerprint(otherServerCert));
});

it('takes the clients of the new authority, and no longer those of the old one', async () => {
  tls.clientCa = folder.file('ca.crt');
  replace(tls.clientCa, authority);
  await start();
  const [address = ''] = server.addresses;
  const options = { retry: false, timeoutMs: 5000 };
  const old = { ca: authority, cert: clientCert, key: clientKey };
  const young = { ca: authority, cert: ordersCert, key: ordersKey };
  await using first = connect(address, { ...options, tls: old });
  expect(await first.health()).toBe('SERVING');
  replace(tls.clientCa, clientAuthority);
  await reloaded();
  await using refused = connect(address, { ...options, tls: old });
  expect(await failure(refused.people.getPhone({ id: 1 }))).toMatchObject({
    codeName: 'UNAVAILABLE',
  });
  await using taken = connect(address, { ...options, tls: young });
  expect(await taken.health()).toBe('SERVING');
});

it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
  await start();
  expect(await handshake()).toMatchObject({ protocol: 'TLSv1.3' });
  expect(await handshake({ maxVersion: 'TLSv1.2' })).toMatchObject({ protocol: 'TLSv1.2' });
  const ciphers = 'DEFAULT@SECLEVEL=0';
  for (const version of ['TLSv1.1', 'TLSv1'] as const) {
    const old = handshake({ minVersion: version, maxVersion: version, ciphers });
    expect(await rejectionOf(old)).toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    });
  }
});
