import { ServerCredentials } from '@grpc/grpc-js';
import { once } from 'node:events';
import { createServer as createHttp1Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { connect, RpcError, type ConnectOptions } from '../index.js';
import {
  authority,
  clientCert,
  clientKey,
  serverCert,
  serverKey,
} from '../test-support/certificates.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { rejectionOf } from '../test-support/outcome.js';
import { closeLater, EMPTY_PHONE, serve, stopAll, stopLater } from './servers.test.support.js';

afterEach(stopAll);

const handlers = {
  people: {
    getPhone: (_: unknown, callback: (error: null, phone: { number: string; type: 0 }) => void) => {
      callback(null, { number: '1', type: 0 });
    },
  },
};

async function serveTls(askForClient = false): Promise<number> {
  const keys = [{ cert_chain: serverCert, private_key: serverKey }];
  const { port } = await serve(
    handlers,
    ServerCredentials.createSsl(authority, keys, askForClient),
  );
  return port;
}

async function failure(target: string, options: ConnectOptions = {}): Promise<RpcError> {
  const directory = closeLater(connect(target, { retry: false, ...options }));
  const error = await rejectionOf(directory.people.getPhone({}, { timeoutMs: 5000 }));
  expect(error).toBeInstanceOf(RpcError);
  return error as RpcError;
}

it('connects by TLS with the authority as a Buffer, and with files and a client certificate', async () => {
  const trusting = closeLater(connect(`localhost:${await serveTls()}`, { tls: { ca: authority } }));
  expect((await trusting.people.getPhone({})).number).toBe('1');
  using folder = temporaryFolder();
  const write = (name: string, pem: Buffer): string => {
    writeFileSync(folder.file(name), pem);
    return folder.file(name);
  };
  const ca = write('ca.pem', authority);
  const tls = { ca, cert: write('cert.pem', clientCert), key: write('key.pem', clientKey) };
  const known = closeLater(connect(`localhost:${await serveTls(true)}`, { tls }));
  expect((await known.people.getPhone({})).number).toBe('1');
});

it('explains a port where nothing listens', async () => {
  const { address, stop } = await serve({});
  stop();
  const error = await failure(address);
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toContain('check that the server runs');
});

it('explains a host name that DNS does not know', async () => {
  const error = await failure('dns:///nowhere.invalid:50051');
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toContain('check its spelling and the DNS');
});

it('explains a certificate of an unknown authority', async () => {
  const error = await failure(`localhost:${await serveTls()}`, { tls: true });
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toContain('set tls.ca to the authority');
});

it('explains a certificate for another name', async () => {
  const error = await failure(`127.0.0.1:${await serveTls()}`, { tls: { ca: authority } });
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toContain('connect to a name that it lists');
});

it('explains TLS to a server without TLS', async () => {
  const { port } = await serve(handlers);
  const error = await failure(`localhost:${port}`, { tls: { ca: authority } });
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toContain('TLS');
});

it('explains plain text to a server with TLS', async () => {
  const error = await failure(`localhost:${await serveTls()}`);
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toContain('may expect TLS');
});

it('explains that a client certificate is required', async () => {
  const error = await failure(`localhost:${await serveTls(true)}`, { tls: { ca: authority } });
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toMatch(/client certificate|may expect TLS/);
});

it('explains a client certificate that the server does not trust', async () => {
  const tls = { ca: authority, cert: clientCert, key: clientKey };
  const keys = [{ cert_chain: serverCert, private_key: serverKey }];
  const credentials = ServerCredentials.createSsl(serverCert, keys, true);
  const { port } = await serve(handlers, credentials);
  const error = await failure(`localhost:${port}`, { tls });
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toContain('client certificate');
});

it('explains a port that speaks HTTP/1', async () => {
  const server = createHttp1Server().listen(0, '127.0.0.1');
  stopLater({ stop: () => void server.close() });
  await once(server, 'listening');
  const error = await failure(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(error.codeName).toBe('UNAVAILABLE');
  expect(error.message).toContain('does not speak gRPC');
});

it('rejects a response larger than maxMessageBytes', async () => {
  const { address } = await serve({
    people: {
      getPhone: (_, callback) => {
        callback(null, { ...EMPTY_PHONE, number: 'x'.repeat(2000) });
      },
    },
  });
  const error = await failure(address, { maxMessageBytes: 1000 });
  expect(error.codeName).toBe('RESOURCE_EXHAUSTED');
});
