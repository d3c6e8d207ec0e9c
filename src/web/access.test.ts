import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { addKey } from '../directory/keys.js';
import { startDirectory, type RunningDirectory } from '../server/run.js';
import { authority, serverCert, serverKey } from '../test-support/certificates.js';
import { clientAuthority, ordersCert, ordersKey } from '../test-support/client-certificates.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { http1, postJson, versions, type Responded } from './web.test.support.js';

const GET_PHONE = '/personguide.PersonGuide/GetPhone';
const LIST = '/personguide.PersonGuide/ListPersons';
const ADD_USER = '/grpcUser.UserService/AddUser';
const QUIET = { store: ':memory:', demo: true, logLevel: 'silent', shutdownGraceMs: 0 } as const;
const PHONE = '{"number":"1234","type":"HOME"}';

describe('a server with --auth keys', () => {
  let server: RunningDirectory;
  let address: string;
  let authorization: string;

  beforeEach(async () => {
    const options = { ...QUIET, listen: ['127.0.0.1:0'], auth: { kind: 'keys' } } as const;
    server = await startDirectory({ ...options, callerLimits: { readsPerSecond: 3 } });
    [address = ''] = server.addresses;
    const key = { name: 'web', scopes: ['people:read'], expiresAtMs: undefined };
    authorization = `Bearer ${(await addKey(server.store, key, new Date())).text}`;
  });
  afterEach(() => server.stop());

  it.each(versions)('takes keys as bearer tokens over %s', async (_, send) => {
    const response = await postJson(address, GET_PHONE, { id: 1 }, { authorization }, send);
    expect(response).toMatchObject({ status: 200, body: PHONE });
    const list = await postJson(address, LIST, {}, { authorization }, send);
    expect(list.status).toBe(200);
  });

  it.each(versions)('refuses calls without, before it reads them, over %s', async (_, send) => {
    for (const path of [GET_PHONE, LIST]) {
      const response = await postJson(address, path, 'not JSON', {}, send);
      expect(response.status).toBe(401);
      expect(JSON.parse(response.body)).toMatchObject({
        code: 'unauthenticated',
        details: [{ debug: { reason: 'NOT_AUTHENTICATED' } }],
      });
    }
  });

  it('refuses what the key does not allow', async () => {
    const response = await postJson(address, ADD_USER, { firstName: 'A' }, { authorization });
    expect(response.status).toBe(403);
    expect(response.body).toContain('this call needs the scope');
  });

  it('limits how often a caller calls, and says when to come back', async () => {
    const call = (): Promise<Responded> =>
      postJson(address, GET_PHONE, { id: 1 }, { authorization });
    const responses = await Promise.all(Array.from({ length: 10 }, call));
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(refused[0]?.body).toContain('CALL_RATE_EXCEEDED');
    expect(refused[0]?.body).toContain('google.rpc.RetryInfo');
  });

  it('limits how often an address tries keys', async () => {
    const headers = { authorization: 'Bearer pg_wrong' };
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect((await postJson(address, GET_PHONE, {}, headers)).status).toBe(401);
    }
    const response = await postJson(address, GET_PHONE, {}, headers);
    expect(response.status).toBe(429);
    expect(response.body).toContain('TOO_MANY_FAILED_LOGINS');
  });

  it('lets probes in without a key', async () => {
    expect((await http1(address, 'GET', '/readyz')).status).toBe(200);
  });
});

describe('a server with --auth mtls', () => {
  let server: RunningDirectory;
  let folder: Folder;
  let url: string;

  beforeAll(async () => {
    folder = temporaryFolder();
    const files = {
      cert: folder.file('server.crt'),
      key: folder.file('server.key'),
      clientCa: folder.file('ca.crt'),
    };
    writeFileSync(files.cert, serverCert);
    writeFileSync(files.key, serverKey);
    writeFileSync(files.clientCa, clientAuthority);
    const clients = folder.file('clients.json');
    writeFileSync(clients, JSON.stringify({ 'DNS:orders.example.com': ['people:read'] }));
    const auth = { kind: 'mtls', clients } as const;
    server = await startDirectory({ ...QUIET, listen: ['localhost:0'], tls: files, auth });
    url = `https://${server.addresses[0] ?? ''}`;
  });
  afterAll(async () => {
    await server.stop();
    folder[Symbol.dispose]();
  });

  const tls = { ca: authority, cert: ordersCert, key: ordersKey };
  const headers = { 'content-type': 'application/json' };

  it('knows callers by their certificate over HTTP/1.1', async () => {
    for (const [path, status] of [
      [GET_PHONE, 200],
      [ADD_USER, 403],
    ] as const) {
      const options = { ...tls, method: 'POST', headers, agent: false };
      const sent = httpsRequest(`${url}${path}`, options);
      sent.end('{"id":1}');
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(status);
      await text(response);
    }
  });

  it('knows callers by their certificate over HTTP/2', async () => {
    const session = connectHttp2(url, tls);
    for (const [path, status] of [
      [GET_PHONE, 200],
      [ADD_USER, 403],
    ] as const) {
      const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
      stream.end('{"id":1}');
      const [response] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      expect(response[':status']).toBe(status);
      await text(stream);
    }
    session.close();
  });
});
