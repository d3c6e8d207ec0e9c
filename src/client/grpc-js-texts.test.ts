import { ServerCredentials, status } from '@grpc/grpc-js';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp1Server } from 'node:http';
import { constants, createServer as createHttp2Server } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { connect, type ConnectOptions, type RpcError } from '../index.js';
import {
  authority,
  clientCert,
  clientKey,
  expiredCert,
  expiredKey,
  serverCert,
  serverKey,
} from '../test-support/certificates.js';
import * as texts from './grpc-js-texts.js';
import { deferred } from '../test-support/deferred.js';
import { rejectionOf } from '../test-support/outcome.js';
import { closeLater, proxyTo, serve } from './servers.test.support.js';
import { spawnServer, stopAll, stopLater, type TestServer } from './servers.test.support.js';

afterEach(stopAll);

async function failure(target: string, options: ConnectOptions = {}): Promise<RpcError> {
  const directory = closeLater(connect(target, { retry: false, ...options }));
  return (await rejectionOf(directory.people.getPhone({}, { timeoutMs: 5000 }))) as RpcError;
}

function serveTls(cert = serverCert, key = serverKey, clientCa?: Buffer): Promise<TestServer> {
  const pairs = [{ cert_chain: cert, private_key: key }];
  const isRequired = clientCa !== undefined;
  return serve({}, ServerCredentials.createSsl(clientCa ?? null, pairs, isRequired));
}

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  stopLater({ stop: () => void server.close() });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Each situation, the text that it must give, and the advice that goes with it. */
describe('the text of grpc-js, Node or OpenSSL', () => {
  it('is recognized for a port where nothing listens', async () => {
    const { address, stop } = await serve({});
    stop();
    const { details, message } = await failure(address);
    expect(details).toMatch(texts.NOTHING_LISTENS);
    expect(message).toMatch(
      /^GetPhone UNAVAILABLE: connect ECONNREFUSED [\d.:]+ \(nothing listens/,
    );
  });

  it('is recognized for a socket file that does not exist', async () => {
    const { details, message } = await failure('unix:/no/such/socket');
    expect(details).toMatch(texts.NOTHING_LISTENS);
    expect(message).toContain('connect ENOENT /no/such/socket (nothing listens there');
  });

  it('is recognized for an unknown host name', async () => {
    const { details, message } = await failure('nowhere.invalid:1');
    expect(details).toMatch(texts.UNKNOWN_HOST);
    expect(message).toContain('the host name is unknown');
  });

  it('is recognized for a certificate of an unknown authority', async () => {
    const { port } = await serveTls();
    const { details, message } = await failure(`localhost:${port}`, { tls: true });
    expect(details).toMatch(texts.UNTRUSTED_CERTIFICATE);
    expect(message).toContain('not signed by a trusted authority');
  });

  it('is recognized for a certificate of another name', async () => {
    const { port } = await serveTls();
    const { details, message } = await failure(`127.0.0.1:${port}`, { tls: { ca: authority } });
    expect(details).toMatch(texts.WRONG_CERTIFICATE_NAME);
    expect(message).toMatch(/: Hostname\/IP does not match .* \(the server's certificate is for/);
  });

  it('is recognized for a certificate that has expired', async () => {
    const { port } = await serveTls(expiredCert, expiredKey);
    const { details, message } = await failure(`localhost:${port}`, { tls: { ca: expiredCert } });
    expect(details).toMatch(texts.EXPIRED_CERTIFICATE);
    expect(message).toContain("renew the server's certificate");
  });

  it('is recognized for TLS to a server without TLS', async () => {
    const { port } = await serve({});
    const { details, message } = await failure(`localhost:${port}`, { tls: { ca: authority } });
    expect(details).toMatch(texts.NOT_TLS);
    expect(message).toMatch(/^GetPhone UNAVAILABLE: TLS: \w[\w ]+ \(the server does not use TLS/);
  });

  it('is recognized for a connection without the client certificate that is required', async () => {
    const { port } = await serveTls(serverCert, serverKey, authority);
    // The reset of the connection may come before the alert.
    const seen = async (): Promise<RpcError> =>
      failure(`localhost:${port}`, { tls: { ca: authority } });
    let error = await seen();
    for (let tries = 0; tries < 20 && !texts.TLS_ALERT.test(error.details); tries += 1) {
      error = await seen();
    }
    expect(error.details).toMatch(texts.TLS_ALERT);
    expect(error.message).toMatch(
      /^GetPhone UNAVAILABLE: TLS: tlsv13 alert certificate required \(the server refused/,
    );
  });

  it('is recognized for a client certificate that the server does not trust', async () => {
    const { port } = await serveTls(serverCert, serverKey, serverCert);
    const tls = { ca: authority, cert: clientCert, key: clientKey };
    const { details, message } = await failure(`localhost:${port}`, { tls });
    expect([texts.TLS_ALERT, texts.CONNECTION_LOST].some((text) => text.test(details))).toBe(true);
    expect(message).toContain('client certificate');
  });

  it('is recognized for a port that speaks HTTP/1', async () => {
    const { details, message } = await failure(`127.0.0.1:${await portOf(createHttp1Server())}`);
    expect(details).toMatch(texts.NOT_HTTP2);
    expect(message).toContain('does not speak gRPC');
  });

  it('is recognized for a server that closes each connection', async () => {
    const port = await portOf(createServer((socket) => socket.destroy()));
    const { details, message } = await failure(`127.0.0.1:${port}`);
    expect(details).toMatch(texts.CONNECTION_LOST);
    expect(message).toContain('the connection was lost');
    expect(message).not.toMatch(/\d{4}-\d\d-\d\d/);
  });

  it('is recognized for a connection that is cut during a call', async () => {
    const called = deferred();
    const { port } = await serve({
      people: {
        getPhone: () => {
          called.resolve();
        },
      },
    });
    const proxy = await proxyTo(port);
    const error = failure(proxy.address);
    await called.promise;
    proxy.break();
    expect((await error).details).toMatch(texts.CONNECTION_LOST);
    expect((await error).codeName).toBe('UNAVAILABLE');
  });

  it('is recognized for a server that no longer replies to pings', async () => {
    const { address, pid } = await spawnServer();
    const keepalive = { timeMs: 100, timeoutMs: 100 };
    const directory = closeLater(connect(address, { keepalive, retry: false }));
    const people = directory.people.listPersons({});
    await people.next();
    process.kill(pid, 'SIGSTOP');
    const error = (await rejectionOf(people.next())) as RpcError;
    expect(error.details).toMatch(texts.CONNECTION_LOST);
    expect(error.message).toContain('may have stopped or be frozen');
  });

  it('is recognized for a session that the server closes with an error, as UNAVAILABLE', async () => {
    const server = createHttp2Server();
    server.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.session?.goaway(constants.NGHTTP2_INTERNAL_ERROR);
    });
    const error = await failure(`127.0.0.1:${await portOf(server)}`);
    expect(error.details).toMatch(texts.CLOSED_SESSION);
    expect(error.codeName).toBe('UNAVAILABLE');
  });

  it('is provoked above for every pattern but UNREACHABLE, which would need a network', () => {
    const patterns = Object.keys(texts).filter((name) => name === name.toUpperCase());
    const source = readFileSync(__filename, 'utf8');
    expect(patterns.filter((name) => !source.includes(`texts.${name}`))).toEqual(['UNREACHABLE']);
    expect('connect EHOSTUNREACH 10.0.0.1:1').toMatch(texts['UNREACHABLE']);
  });
});

describe('an unknown text', () => {
  it('is shown as it is, on one line and without advice', async () => {
    const { address } = await serve({
      people: {
        getPhone: (_, callback) => {
          callback({ code: status.UNAVAILABLE, details: 'a new text\nof two lines' });
        },
      },
    });
    const { message, details } = await failure(address);
    expect(message).toBe('GetPhone UNAVAILABLE: a new text of two lines');
    expect(details).toBe('a new text\nof two lines');
  });
});
