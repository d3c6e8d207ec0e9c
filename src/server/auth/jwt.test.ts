import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWK, type KeyLike } from 'jose';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { startDirectory, type RunningDirectory } from '../run.js';
import { callWith, memoryLog, type CallEnd } from './calls.test.support.js';
import { jwtVerifier } from './jwt.js';
import { issuerKeys } from './jwks.js';

const LIST = '/personguide.PersonGuide/ListPersons';
const ISSUER = 'https://login.example.com/';
const AUDIENCE = 'people';

/** Not refused: the call has no request message. */
const PASSED = { code: 'UNIMPLEMENTED' };

const REFUSED = {
  code: 'UNAUTHENTICATED',
  text: 'this call needs credentials with the scope people:read',
  reason: 'NOT_AUTHENTICATED',
};

interface Pair {
  readonly privateKey: KeyLike;
  readonly publicKey: KeyLike;
  readonly jwk: JWK;
}

async function pairOf(alg: string, kid: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

/** An issuer's server for its keys. */
interface Issuer {
  keys: JWK[];
  /** Undefined: it accepts connections and never responds. */
  status: number | undefined;
  requests: number;
  readonly url: string;
  readonly server: Server;
}

async function startIssuer(keys: JWK[]): Promise<Issuer> {
  const server = createServer((_, response) => {
    issuer.requests += 1;
    if (issuer.status === undefined) return;
    response.writeHead(issuer.status).end(JSON.stringify({ keys: issuer.keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/jwks.json`;
  const issuer: Issuer = { keys, status: 200, requests: 0, url, server };
  return issuer;
}

let rsa: Pair;
let elliptic: Pair;
let stranger: Pair;
let folder: Folder;
let file: string;

beforeAll(async () => {
  rsa = await pairOf('RS256', 'rsa-1');
  elliptic = await pairOf('ES256', 'ec-1');
  stranger = await pairOf('RS256', 'rsa-1');
  folder = temporaryFolder();
  file = folder.file('jwks.json');
});

beforeEach(() => {
  writeFileSync(file, JSON.stringify({ keys: [rsa.jwk, elliptic.jwk] }));
});

afterAll(() => {
  folder[Symbol.dispose]();
});

/** A token that is right in everything. */
function token(claims: object = {}, header: object = {}): SignJWT {
  return new SignJWT({ scope: 'people:read', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'rsa-1', ...header })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject('user-7')
    .setIssuedAt()
    .setExpirationTime('5m');
}

async function start(jwks: string): Promise<RunningDirectory> {
  return startDirectory({
    listen: ['127.0.0.1:0'],
    store: ':memory:',
    logLevel: 'silent',
    shutdownGraceMs: 0,
    auth: { kind: 'jwt', issuer: ISSUER, audience: AUDIENCE, jwks },
  });
}

async function list(server: RunningDirectory, text: string): Promise<CallEnd> {
  return callWith(server.addresses[0] ?? '', LIST, [`Bearer ${text}`]);
}

describe('a server with --auth jwt', () => {
  let server: RunningDirectory;

  beforeEach(async () => {
    server = await start(file);
  });

  afterEach(async () => {
    await server.stop();
  });

  it.each([
    ['RS256', () => token().sign(rsa.privateKey)],
    ['ES256', () => token({}, { alg: 'ES256', kid: 'ec-1' }).sign(elliptic.privateKey)],
    ['several audiences', () => token().setAudience(['x', AUDIENCE]).sign(rsa.privateKey)],
    ['several scopes', () => token({ scope: 'a people:read b' }).sign(rsa.privateKey)],
    ['scp as text', () => token({ scope: undefined, scp: 'people:read' }).sign(rsa.privateKey)],
    ['scp as list', () => token({ scope: undefined, scp: ['people:read'] }).sign(rsa.privateKey)],
    [
      'a clock that is 3 s behind',
      () =>
        token()
          .setExpirationTime(now() - 3)
          .sign(rsa.privateKey),
    ],
  ])('takes tokens with %s, again and again', async (_, make) => {
    const text = await make();
    for (let count = 0; count < 3; count += 1) {
      expect(await list(server, text)).toMatchObject(PASSED);
    }
  });

  it.each<[string, () => Promise<string> | string]>([
    ['is empty', () => ''],
    ['is not a token', () => 'abc'],
    ['has only two parts', async () => (await good()).split('.').slice(0, 2).join('.')],
    ['has four parts', async () => `${await good()}.x`],
    ['has no signature', async () => (await good()).replace(/[^.]+$/, '')],
    [
      'has another signature',
      async () => replacePart(await good(), 2, (await other()).split('.')[2]),
    ],
    ['has other claims than were signed', async () => replacePart(await good(), 1, claimsPart())],
    ['was signed by a stranger', () => token().sign(stranger.privateKey)],
    ['was signed by a key of unknown id', () => token({}, { kid: 'x' }).sign(rsa.privateKey)],
    [
      'was signed by another key',
      () => token({}, { alg: 'ES256', kid: 'rsa-1' }).sign(elliptic.privateKey),
    ],
    ['is not signed', () => new UnsecuredJWT(good7()).setExpirationTime('5m').encode()],
    ['says that it is not signed', async () => replacePart(await good(), 0, part({ alg: 'none' }))],
    ['uses the public key as a secret', () => withPublicKeyAsSecret()],
    ['brings its own key', async () => withOwnKey('jwk')],
    ['names its own key by URL', async () => withOwnKey('jku')],
    ['uses an algorithm that is not pinned', () => withPs256()],
    [
      'has an unknown critical header',
      () => token({}, { crit: ['x'], x: 1 }).sign(rsa.privateKey, { crit: { x: true } }),
    ],
    [
      'has expired',
      () =>
        token()
          .setExpirationTime(now() - 6)
          .sign(rsa.privateKey),
    ],
    ['never expires', () => withoutClaim('exp')],
    ['has text as expiry', () => withClaims({ exp: '9999999999' })],
    [
      'is not valid yet',
      () =>
        token()
          .setNotBefore(now() + 60)
          .sign(rsa.privateKey),
    ],
    ['has no subject', () => withoutClaim('sub')],
    ['has an empty subject', () => token().setSubject('').sign(rsa.privateKey)],
    ['has a number as subject', () => withClaims({ sub: 7 })],
    [
      'has a subject of 256 characters',
      () => token().setSubject('a'.repeat(256)).sign(rsa.privateKey),
    ],
    ['has no issuer', () => withoutClaim('iss')],
    [
      'has another issuer',
      () => token().setIssuer('https://login.example.com').sign(rsa.privateKey),
    ],
    ['has no audience', () => withoutClaim('aud')],
    ['has another audience', () => token().setAudience('people2').sign(rsa.privateKey)],
    ['is a key of the store', () => `pgk_0123456789abcdef_${'a'.repeat(43)}`],
  ])('does not take a token that %s', async (_, make) => {
    expect(await list(server, await good())).toMatchObject(PASSED);
    expect(await list(server, await make())).toEqual(REFUSED);
  });

  it.each([
    ['no scope', { scope: undefined }],
    ['another scope', { scope: 'people:write' }],
    ['the beginning of a scope', { scope: 'people people:rea' }],
    ['a list in scope that is text', { scope: '["people:read"]' }],
    ['an object as scope', { scope: { 'people:read': true } }],
    ['a number in scp', { scope: undefined, scp: [1] }],
  ])('knows the caller of a token with %s, and denies the call', async (_, claims) => {
    expect(await list(server, await token(claims).sign(rsa.privateKey))).toEqual({
      code: 'PERMISSION_DENIED',
      text: 'this call needs the scope people:read',
      reason: 'SCOPE_MISSING',
    });
  });
});

it('takes tokens with other keys when the file has changed, and keeps the keys if it is broken', async () => {
  const { log, waitForLine } = memoryLog();
  const next = await pairOf('RS256', 'rsa-2');
  const text = await token({}, { kid: 'rsa-2' }).sign(next.privateKey);
  const rules = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] };
  const verifier = jwtVerifier(rules, issuerKeys(file, log));
  await expect(verifier.verify(text)).rejects.toMatchObject({ name: 'InvalidCredential' });
  writeFileSync(`${file}.new`, JSON.stringify({ keys: [next.jwk] }));
  renameSync(`${file}.new`, file);
  await waitForLine(({ msg }) => msg === 'the JWKS was read again');
  expect(await verifier.verify(text)).toMatchObject({ subject: 'user-7' });
  await expect(verifier.verify(await good())).rejects.toMatchObject({ name: 'InvalidCredential' });
  writeFileSync(file, '{"keys": [');
  await waitForLine(({ msg }) => msg === 'the JWKS is left as it was');
  expect(await verifier.verify(text)).toMatchObject({ subject: 'user-7' });
  verifier.close?.();
});

describe('the keys of an issuer at a URL', () => {
  let issuer: Issuer;
  let server: RunningDirectory;

  beforeEach(async () => {
    issuer = await startIssuer([rsa.jwk]);
    server = await start(issuer.url);
  });

  afterEach(async () => {
    await server.stop();
    issuer.server.closeAllConnections();
    issuer.server.close();
  });

  it('are read once for many tokens', async () => {
    const texts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => token({ index }).sign(rsa.privateKey)),
    );
    const ends = await Promise.all(texts.map((text) => list(server, text)));
    expect(ends.every(({ code }) => code === PASSED.code)).toBe(true);
    expect(issuer.requests).toBe(1);
  });

  it('are not read again because of tokens with unknown keys, for half a minute', async () => {
    expect(await list(server, await good())).toMatchObject(PASSED);
    for (const kid of ['a', 'b', 'c']) {
      expect(await list(server, await token({}, { kid }).sign(rsa.privateKey))).toEqual(REFUSED);
    }
    expect(issuer.requests).toBe(1);
  });

  it.each<[string, () => void]>([
    ['fails', () => (issuer.status = 500)],
    ['knows no keys', () => (issuer.status = 404)],
    ['sends something else', () => (issuer.keys = 'x' as unknown as JWK[])],
    ['is gone', () => issuer.server.close()],
    ['does not respond', () => (issuer.status = undefined)],
  ])(
    'let nobody in while the issuer %s, and are not asked for more than once a second',
    async (_, fail) => {
      fail();
      for (let count = 0; count < 3; count += 1) {
        expect(await list(server, await good())).toEqual({
          code: 'UNAVAILABLE',
          text: 'the credentials cannot be checked now',
          reason: 'CREDENTIALS_UNCHECKED',
        });
      }
      expect(issuer.requests).toBeLessThanOrEqual(1);
    },
  );

  it('must not come over plain HTTP from another machine', () => {
    const { log } = memoryLog();
    expect(() => issuerKeys('http://login.example.com/jwks.json', log)).toThrow('must be https');
    expect(() => issuerKeys(folder.file('missing.json'), log)).toThrow('cannot use the JWKS');
  });
});

it('verifies a token again after five minutes, or when it expires', async () => {
  const { log } = memoryLog();
  let nowMs = Date.now();
  const keys = issuerKeys(file, log);
  const rules = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] };
  const verifier = jwtVerifier(rules, keys, () => nowMs);
  const long = await token().setExpirationTime('1h').sign(rsa.privateKey);
  const short = await token().setExpirationTime('1m').sign(rsa.privateKey);
  for (const text of [long, short]) {
    expect(verifier.known(text)).toBeUndefined();
    expect(await verifier.verify(text)).toMatchObject({ kind: 'jwt', subject: 'user-7' });
    expect(verifier.known(text)).toBeDefined();
  }
  nowMs += 66_000;
  expect(verifier.known(short)).toBeUndefined();
  await expect(verifier.verify(short)).rejects.toMatchObject({ name: 'InvalidCredential' });
  expect(verifier.known(long)).toBeDefined();
  nowMs += 4 * 60_000;
  expect(verifier.known(long)).toBeUndefined();
  verifier.close?.();
});

function now(): number {
  return Math.floor(Date.now() / 1000);
}

function good(): Promise<string> {
  return token().sign(rsa.privateKey);
}

function other(): Promise<string> {
  return token({ jti: 'other' }).sign(rsa.privateKey);
}

function good7(): Record<string, unknown> {
  return { scope: 'people:read', iss: ISSUER, aud: AUDIENCE, sub: 'user-7' };
}

function part(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function claimsPart(): string {
  return part({ ...good7(), exp: now() + 300, scope: 'people:read admin' });
}

function replacePart(text: string, index: number, content = ''): string {
  return text
    .split('.')
    .map((old, place) => (place === index ? content : old))
    .join('.');
}

/** Signs any claims, also those that a builder would not accept. */
function withClaims(claims: object): Promise<string> {
  const all = { ...good7(), exp: now() + 300, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'rsa-1' }).sign(rsa.privateKey);
}

function withoutClaim(name: string): Promise<string> {
  return withClaims({ [name]: undefined });
}

async function withPublicKeyAsSecret(): Promise<string> {
  const secret = Buffer.from(JSON.stringify(await exportJWK(rsa.publicKey)));
  return token({}, { alg: 'HS256' }).sign(secret);
}

async function withOwnKey(name: 'jwk' | 'jku'): Promise<string> {
  const value = name === 'jwk' ? stranger.jwk : 'https://stranger.example.com/jwks.json';
  return token({}, { [name]: value }).sign(stranger.privateKey);
}

async function withPs256(): Promise<string> {
  const { privateKey } = await generateKeyPair('PS256');
  return token({}, { alg: 'PS256' }).sign(privateKey);
}
