import { writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { connect } from '../../index.js';
import type { Call } from '../../rpc/index.js';
import { authority, serverCert, serverKey } from '../../test-support/certificates.js';
import { strangerCert, strangerKey } from '../../test-support/certificates.js';
import * as certificates from '../../test-support/client-certificates.js';
import { failure, rejectionOf } from '../../test-support/outcome.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { startDirectory, type RunningDirectory } from '../run.js';
import { memoryLog } from './calls.test.support.js';
import { certificateAuthenticator } from './mtls.js';

const SCOPES = new Set(['people:read', 'users:read']);

const CLIENTS = {
  'URI:spiffe://example.com/orders': ['people:read'],
  'DNS:orders.example.com': ['people:read'],
  'CN:inventory': ['users:read'],
};

let folder: Folder;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('clients.json');
  writeFileSync(file, JSON.stringify(CLIENTS));
});

afterEach(() => {
  folder[Symbol.dispose]();
});

describe('a server with --auth mtls', () => {
  let server: RunningDirectory;
  let address: string;

  beforeEach(async () => {
    const tls = {
      cert: folder.file('server.crt'),
      key: folder.file('server.key'),
      clientCa: folder.file('ca.crt'),
    };
    writeFileSync(tls.cert, serverCert);
    writeFileSync(tls.key, serverKey);
    writeFileSync(tls.clientCa, certificates.clientAuthority);
    server = await startDirectory({
      listen: ['localhost:0'],
      store: ':memory:',
      demo: true,
      logLevel: 'silent',
      shutdownGraceMs: 0,
      tls,
      auth: { kind: 'mtls', clients: file },
    });
    [address = ''] = server.addresses;
  });

  afterEach(async () => {
    await server.stop();
  });

  function directoryOf(cert?: Buffer, key?: Buffer): ReturnType<typeof connect> {
    const tls = { ca: authority, ...(cert !== undefined && key !== undefined && { cert, key }) };
    return connect(address, { tls, retry: false, timeoutMs: 5000 });
  }

  it('knows clients by a name in their certificate, and what each may do', async () => {
    await using orders = directoryOf(certificates.ordersCert, certificates.ordersKey);
    expect(await orders.people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
    expect(await failure(orders.users.findUser({ id: 1 }))).toMatchObject({
      codeName: 'PERMISSION_DENIED',
      details: 'this call needs the scope users:read',
    });
    await using inventory = directoryOf(certificates.inventoryCert, certificates.inventoryKey);
    expect(await failure(inventory.users.findUser({ id: 1 }))).toMatchObject({
      codeName: 'NOT_FOUND',
    });
    expect(await failure(inventory.people.getPhone({ id: 1 }))).toMatchObject({
      codeName: 'PERMISSION_DENIED',
    });
  });

  it.each<[string, Buffer, Buffer]>([
    ['is not listed', certificates.unlistedCert, certificates.unlistedKey],
    ['has two common names', certificates.twoNamesCert, certificates.twoNamesKey],
    ['hides a name in another', certificates.trickyCert, certificates.trickyKey],
  ])('denies everything to a client whose certificate %s', async (_, cert, key) => {
    await using client = directoryOf(cert, key);
    for (const call of [client.people.getPhone({ id: 1 }), client.users.findUser({ id: 1 })]) {
      expect(await failure(call)).toMatchObject({ codeName: 'PERMISSION_DENIED' });
    }
  });

  it.each<[string, Buffer | undefined, Buffer | undefined]>([
    ['no certificate', undefined, undefined],
    ['one of another authority', strangerCert, strangerKey],
    ['an expired one', certificates.expiredClientCert, certificates.unlistedKey],
  ])('does not let a client connect with %s', async (_, cert, key) => {
    await using client = directoryOf(cert, key);
    expect(await failure(client.people.getPhone({ id: 1 }))).toMatchObject({
      codeName: 'UNAVAILABLE',
    });
  });
});

it('needs an authority for client certificates', async () => {
  const options = { listen: ['127.0.0.1:0'], store: ':memory:', logLevel: 'silent' } as const;
  const start = startDirectory({ ...options, auth: { kind: 'mtls', clients: file } });
  expect(await rejectionOf(start)).toMatchObject({
    name: 'StartError',
    message: expect.stringContaining('--auth mtls needs --tls-client-ca') as string,
  });
});

describe('the list of clients', () => {
  it.each<[string, string]>([
    ['{', 'cannot read the clients in '],
    ['[]', 'must be an object such as'],
    ['null', 'must be an object such as'],
    ['{"orders": []}', '"orders" must begin with DNS:, URI:, email: or CN:'],
    ['{"CN:orders": "people:read"}', 'the scopes of "CN:orders" must be a list'],
    ['{"CN:orders": ["people:reed"]}', 'the scope "people:reed" of "CN:orders" is unknown'],
    ['{"CN:orders": [5]}', 'the scope 5 of "CN:orders" is unknown'],
  ])('must not be %s', (json, problem) => {
    writeFileSync(file, json);
    expect(() => certificateAuthenticator(file, SCOPES, memoryLog().log)).toThrow(problem);
  });

  it('is read again when it changes, and left as it was if it is broken', async () => {
    const { log, waitForLine } = memoryLog();
    const authenticator = certificateAuthenticator(file, SCOPES, log);
    const call = callWithCertificate(certificates.ordersCert);
    expect(authenticator.authenticate(call)).toMatchObject({
      kind: 'mtls',
      subject: 'DNS:orders.example.com',
      scopes: new Set(['people:read']),
    });
    writeFileSync(file, JSON.stringify({ 'CN:Orders service': ['users:read'] }));
    await waitForLine(({ msg }) => msg === 'the list of clients was read again');
    const renamed = { subject: 'CN:Orders service', scopes: new Set(['users:read']) };
    expect(authenticator.authenticate(call)).toMatchObject(renamed);
    writeFileSync(file, '{}}');
    await waitForLine(({ msg }) => msg === 'the list of clients is left as it was');
    expect(authenticator.authenticate(call)).toMatchObject(renamed);
    authenticator.close?.();
  });
});

it('ends what a certificate allows when it expires, although the connection is still open', () => {
  const { log } = memoryLog();
  let nowMs = Date.now();
  const authenticator = certificateAuthenticator(file, SCOPES, log, () => nowMs);
  const call = callWithCertificate(certificates.ordersCert);
  expect(authenticator.authenticate(call)).toMatchObject({ subject: 'DNS:orders.example.com' });
  nowMs = Date.parse(new X509Certificate(certificates.ordersCert).validTo);
  expect(() => authenticator.authenticate(call)).toThrow('the certificate has expired');
  expect(() => authenticator.authenticate(callWithCertificate())).toThrow('no client certificate');
  authenticator.close?.();
});

/** What of a call the authenticator looks at. */
function callWithCertificate(pem?: Buffer): Call {
  const certificate = pem === undefined ? undefined : new X509Certificate(pem);
  return { connection: { certificate } } as Call;
}
