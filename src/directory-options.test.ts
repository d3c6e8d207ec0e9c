import { checkDirectoryOptions, type DirectoryOptions } from './directory-options.js';
import { defaultLimits } from './limits.js';

const defaults = {
  listen: ['127.0.0.1:50051'],
  optionalListen: [],
  store: 'personguide.db',
  demo: false,
  processes: 1,
  logLevel: 'info',
  shutdownGraceMs: 10_000,
  keepDeletedMs: 30 * 24 * 60 * 60 * 1000,
  defaultCountry: undefined,
  web: true,
  allowOrigins: [],
  allowHosts: [],
  insecure: false,
  tls: undefined,
  limits: defaultLimits,
  plainGrpc: false,
  auth: { kind: 'none' },
  callerLimits: { readsPerSecond: 5000, writesPerSecond: 1000, openStreams: 100 },
};

it('completes options with the defaults', () => {
  expect(checkDirectoryOptions({})).toEqual(defaults);
  expect(checkDirectoryOptions({ store: ':memory:', demo: true })).toEqual({
    ...defaults,
    store: ':memory:',
    demo: true,
  });
});

it('takes an undefined option as left out', () => {
  const undefinedOptions: Required<DirectoryOptions> = {
    listen: undefined,
    store: undefined,
    metrics: undefined,
    demo: undefined,
    logLevel: undefined,
    shutdownGraceMs: undefined,
    keepDeletedMs: undefined,
    defaultCountry: undefined,
    web: undefined,
    allowOrigins: undefined,
    allowHosts: undefined,
    insecure: undefined,
    tls: undefined,
    limits: undefined,
    plainGrpc: undefined,
    auth: undefined,
    callerLimits: undefined,
  };
  expect(checkDirectoryOptions(undefinedOptions)).toEqual(defaults);
});

it('passes every option on', () => {
  const options: Required<DirectoryOptions> = {
    listen: ['0.0.0.0:0', '[::1]:1'],
    store: 'people.db',
    metrics: '127.0.0.1:9464',
    demo: true,
    logLevel: 'silent',
    shutdownGraceMs: 0,
    keepDeletedMs: 1000,
    defaultCountry: 'AR',
    web: false,
    allowOrigins: ['https://app.example.com'],
    allowHosts: ['people.example.com'],
    insecure: true,
    tls: { cert: 'cert.pem', key: 'key.pem', clientCa: 'ca.pem' },
    limits: { connections: 5 },
    plainGrpc: true,
    auth: { kind: 'mtls', clients: 'clients.json' },
    callerLimits: { readsPerSecond: 1, writesPerSecond: Infinity, openStreams: 2 },
  };
  expect(checkDirectoryOptions(options)).toEqual({
    ...options,
    limits: { ...defaultLimits, connections: 5 },
    processes: 1,
    optionalListen: [],
  });
});

it('does not read the variables of the program', () => {
  process.env['PERSONGUIDE_STORE'] = 'variable.db';
  try {
    expect(checkDirectoryOptions({}).store).toBe('personguide.db');
  } finally {
    delete process.env['PERSONGUIDE_STORE'];
  }
});

const jwt = { kind: 'jwt', issuer: 'a', audience: 'b', jwks: 'c' };

it.each([
  [{ sotre: 'x.db' }, 'unknown option sotre; did you mean store?'],
  [{ shutdownGrace: 5 }, 'unknown option shutdownGrace; did you mean shutdownGraceMs?'],
  [{ port: 1 }, 'unknown option port; the options are listen, store, demo,'],
  [{ toString: 1 }, 'unknown option toString'],
  [{ listen: '127.0.0.1:0' }, "listen must be an array of 'HOST:PORT'"],
  [{ listen: [] }, "listen must be an array of 'HOST:PORT', with at least one"],
  [{ listen: [50051] }, "listen must be an array of 'HOST:PORT'"],
  [{ listen: ['localhost'] }, 'listen must be HOST:PORT'],
  [{ listen: ['a:1', 'b:1', 'a:1'] }, 'listen must not name an address twice'],
  [{ store: ' ' }, 'store must be a file name'],
  [{ store: null }, 'store must be a file name'],
  [{ demo: 'true' }, 'demo must be true or false'],
  [{ logLevel: 'loud' }, 'logLevel must be one of trace, debug'],
  [{ shutdownGraceMs: '10s' }, 'shutdownGraceMs must be a number of milliseconds'],
  [{ shutdownGraceMs: -1 }, 'shutdownGraceMs must be a number of milliseconds'],
  [{ shutdownGraceMs: NaN }, 'shutdownGraceMs must be a number of milliseconds'],
  [{ keepDeletedMs: '30d' }, 'keepDeletedMs must be a number of milliseconds'],
  [{ defaultCountry: 'ar' }, "defaultCountry must be a country code such as 'AR'"],
  [{ insecure: 1 }, 'insecure must be true or false'],
  [{ plainGrpc: 'yes' }, 'plainGrpc must be true or false'],
  [{ limits: 5 }, 'limits must be an object with limits'],
  [{ limits: { conections: 5 } }, 'limits.conections is not a limit; did you mean connections?'],
  [{ limits: { connections: 0 } }, 'limits.connections must be a number above 0'],
  [{ limits: { connections: '5' } }, 'limits.connections must be a number above 0'],
  [{ tls: true }, 'tls must be an object with cert and key'],
  [{ tls: { cert: 'a' } }, 'tls.key is missing'],
  [{ tls: { key: 'a', clientCa: 'b' } }, 'tls.cert is missing'],
  [{ tls: { crt: 'a', key: 'b' } }, 'unknown option tls.crt; did you mean cert?'],
  [{ tls: { cert: '', key: 'b' } }, 'tls.cert must be a file name'],
  [{ auth: 'keys' }, 'auth must be an object'],
  [{ auth: {} }, 'auth.kind is missing'],
  [{ auth: { kind: 'key' } }, 'auth.kind must be one of none, keys, jwt, mtls'],
  [{ auth: { kind: 'keys', store: 'x' } }, 'unknown option auth.store'],
  [{ auth: { kind: 'mtls' } }, 'auth.clients is missing'],
  [{ auth: { kind: 'jwt', issuer: 'a', audience: 'b' } }, 'auth.jwks is missing'],
  [{ auth: { ...jwt, audience: '' } }, 'auth.audience must be a text'],
  [{ auth: { ...jwt, algorithms: ['RS256', 'HS256'] } }, 'auth.algorithms must be some of RS256,'],
  [{ auth: { ...jwt, algorithms: ['none'] } }, 'auth.algorithms must be some of RS256,'],
  [{ auth: { ...jwt, algorithms: [] } }, 'auth.algorithms must be an array of names'],
  [{ callerLimits: 5 }, 'callerLimits must be an object'],
  [{ callerLimits: { reads: 5 } }, 'unknown option callerLimits.reads'],
  [{ callerLimits: { openStreams: 0 } }, 'callerLimits.openStreams must be a number, 1 or more'],
])('rejects %j', (options, message) => {
  expect(() => checkDirectoryOptions(options)).toThrow(TypeError);
  expect(() => checkDirectoryOptions(options)).toThrow(`startDirectory: ${message}`);
});

it.each([null, 'people.db', 5])('rejects %p instead of options', (options) => {
  expect(() => checkDirectoryOptions(options)).toThrow(
    'startDirectory: the options must be an object',
  );
});
