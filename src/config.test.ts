import { availableParallelism } from 'node:os';
import {
  ConfigError,
  parseDuration,
  readClientTls,
  readConfig,
  settings,
  unknownVariables,
} from './config.js';
import { defaultLimits, parseLimits } from './limits.js';

it('has a default for every setting that needs one', () => {
  expect(readConfig({}, {})).toEqual({
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
  });
});

it('takes the variable before the default, and the flag before the variable', () => {
  const variables = { PERSONGUIDE_STORE: 'variable.db', PERSONGUIDE_SHUTDOWN_GRACE: '1m' };
  expect(readConfig({}, variables)).toMatchObject({
    store: 'variable.db',
    shutdownGraceMs: 60_000,
  });
  const flags = { store: 'flag.db' };
  expect(readConfig(flags, variables)).toMatchObject({ store: 'flag.db', shutdownGraceMs: 60_000 });
});

it('reads every setting from its flag and from its variable', () => {
  const texts = {
    listen: ['127.0.0.1:1', '[::1]:2'],
    store: 'x.db',
    metrics: '127.0.0.1:9464',
    demo: true,
    processes: '3',
    logLevel: 'debug',
    shutdownGrace: '250ms',
    keepDeleted: '12h',
    defaultCountry: 'AR',
    web: 'off',
    allowOrigin: ['https://app.example.com', 'http://localhost:5173'],
    allowHost: 'people.example.com',
    insecure: true,
    tlsCert: 'cert.pem',
    tlsKey: 'key.pem',
    tlsClientCa: 'ca.pem',
    limit: 'connections=5',
    plainGrpc: true,
    auth: 'jwt',
    jwtIssuer: 'https://login.example.com/',
    jwtAudience: 'people',
    jwtJwks: 'keys.json',
    jwtAlgorithms: 'PS256, ES384',
    mtlsClients: undefined,
    callerReads: '10',
    callerWrites: 'off',
    callerStreams: '3',
  };
  const variables = Object.fromEntries(
    Object.values(settings).map(({ variable }, index) => [
      variable,
      Object.values(texts)[index]?.toString(),
    ]),
  );
  const { listen, store, metrics, demo, logLevel, insecure, defaultCountry, plainGrpc } = texts;
  const { shutdownGrace, keepDeleted, tlsCert, tlsKey, tlsClientCa, limit } = texts;
  const config = {
    ...{ listen, store, metrics, demo, logLevel, insecure, defaultCountry, plainGrpc },
    ...{ web: false, allowOrigins: texts.allowOrigin, allowHosts: [texts.allowHost] },
    optionalListen: [],
    processes: 3,
    shutdownGraceMs: parseDuration(shutdownGrace),
    keepDeletedMs: parseDuration(keepDeleted),
    tls: { cert: tlsCert, key: tlsKey, clientCa: tlsClientCa },
    limits: parseLimits(limit),
    auth: {
      kind: 'jwt',
      issuer: 'https://login.example.com/',
      audience: 'people',
      jwks: 'keys.json',
      algorithms: ['PS256', 'ES384'],
    },
    callerLimits: { readsPerSecond: 10, writesPerSecond: Infinity, openStreams: 3 },
  };
  expect(readConfig(texts, {})).toEqual(config);
  expect(readConfig({}, variables)).toEqual(config);
});

it('takes as many processes as there are cores for auto', () => {
  const { processes } = readConfig({ processes: 'auto' }, {});
  expect(processes).toBe(availableParallelism());
});

it.each(['0', '-1', '1.5', '257', 'many', ''])('rejects %j as a number of processes', (text) => {
  expect(() => readConfig({ processes: text }, {})).toThrow(
    `--processes: must be a number from 1 to 256, or auto, not "${text}"`,
  );
});

it('rejects several processes on a store in memory', () => {
  expect(() => readConfig({ processes: '2', store: ':memory:' }, {})).toThrow(
    '--processes (PERSONGUIDE_PROCESSES) needs a store that processes can share',
  );
  expect(readConfig({ processes: '1', store: ':memory:' }, {}).processes).toBe(1);
});

it('takes a country in either case', () => {
  expect(readConfig({ defaultCountry: 'ar' }, {})).toMatchObject({ defaultCountry: 'AR' });
});

it("listens on the address of the tutorial's client only for a demo on the default address", () => {
  const optional = (flags: object, variables = {}) =>
    readConfig({ ...flags }, variables).optionalListen;
  expect(optional({ demo: true })).toEqual(['127.0.0.1:8080']);
  expect(optional({}, { PERSONGUIDE_DEMO: 'true' })).toEqual(['127.0.0.1:8080']);
  expect(optional({})).toEqual([]);
  expect(optional({ demo: true, listen: ['127.0.0.1:1'] })).toEqual([]);
  expect(optional({ demo: true }, { PERSONGUIDE_LISTEN: '127.0.0.1:1' })).toEqual([]);
});

it('warns of unknown variables with the prefix, and suggests the closest', () => {
  const variables = {
    PERSONGUIDE_STORE: 'x.db',
    PERSONGUIDE_ADDRESS: 'a:1',
    PERSONGUIDE_TLS_CLIENT_CERT: 'c.pem',
    PERSONGUIDE_LISTNE: 'a:1',
    PERSONGUIDE_COLOUR: 'red',
    PATH: '/bin',
  };
  expect(unknownVariables(variables)).toEqual([
    'the variable PERSONGUIDE_LISTNE is not known; did you mean PERSONGUIDE_LISTEN?',
    'the variable PERSONGUIDE_COLOUR is not known',
  ]);
});

it('does not warn of the variables that Kubernetes sets for a service of that name', () => {
  const names = [
    'PERSONGUIDE_SERVICE_HOST',
    'PERSONGUIDE_SERVICE_PORT',
    'PERSONGUIDE_SERVICE_PORT_GRPC',
    'PERSONGUIDE_PORT',
    'PERSONGUIDE_PORT_50051_TCP',
    'PERSONGUIDE_PORT_50051_TCP_ADDR',
    'PERSONGUIDE_READER_SERVICE_HOST',
  ];
  expect(unknownVariables(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
});

it('reads the variable for --tls of the client', () => {
  expect(readClientTls({})).toBe(false);
  expect(readClientTls({ PERSONGUIDE_TLS: 'false' })).toBe(false);
  expect(readClientTls({ PERSONGUIDE_TLS: 'true' })).toBe(true);
  expect(() => readClientTls({ PERSONGUIDE_TLS: 'maybe' })).toThrow(
    'PERSONGUIDE_TLS: must be true or false, not "maybe"',
  );
});

it('reads several addresses from one variable', () => {
  const { listen } = readConfig({}, { PERSONGUIDE_LISTEN: 'localhost:1, [::1]:2 ,0.0.0.0:65535' });
  expect(listen).toEqual(['localhost:1', '[::1]:2', '0.0.0.0:65535']);
});

it.each([
  [{ logLevel: 'loud' }, {}, '--log-level', 'loud'],
  [{}, { PERSONGUIDE_LOG_LEVEL: 'loud' }, 'PERSONGUIDE_LOG_LEVEL', 'loud'],
  [{ logLevel: 'loud' }, { PERSONGUIDE_LOG_LEVEL: 'info' }, '--log-level', 'loud'],
  [{ logLevel: 'wran' }, {}, '--log-level', 'did you mean warn\\?'],
  [{}, { PERSONGUIDE_DEMO: 'maybe' }, 'PERSONGUIDE_DEMO', 'maybe'],
  [{}, { PERSONGUIDE_STORE: ' ' }, 'PERSONGUIDE_STORE', 'must name a file'],
  [{ listen: ['a:1', 'b'] }, {}, '--listen', 'HOST:PORT'],
  [{}, { PERSONGUIDE_SHUTDOWN_GRACE: '10' }, 'PERSONGUIDE_SHUTDOWN_GRACE', '10'],
])('names the source of an invalid value: %j %j', (flags, variables, source, part) => {
  const read = () => readConfig(flags, variables);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(new RegExp(`^${source}: .*${part}`));
});

it.each([{ tlsCert: 'cert.pem' }, { tlsKey: 'key.pem' }, { tlsClientCa: 'ca.pem' }])(
  'requires a certificate and its key: %j',
  (flags) => {
    expect(() => readConfig(flags, {})).toThrow(/--tls-cert and --tls-key.*PERSONGUIDE_TLS_KEY/);
  },
);

it.each([
  ['0s', 0],
  ['500ms', 500],
  ['10s', 10_000],
  ['30d', 2_592_000_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
])('reads the duration %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(['', '10', 's', '-1s', '1w', '1e3s', '1.s', '10 s'])(
  'rejects the duration "%s"',
  (text) => {
    expect(() => parseDuration(text)).toThrow('must be a duration');
  },
);

it.each(['localhost', ':1', 'a:', 'a:70000', 'a:1,', '::1:50051', 'a b:1', 'http://a:1'])(
  'rejects the address "%s"',
  (text) => {
    expect(() => readConfig({ listen: text }, {})).toThrow('must be HOST:PORT');
  },
);

it.each(['127.0.0.1:1,127.0.0.1:1', 'localhost:1,[::1]:1,LOCALHOST:1'])(
  'rejects an address that is given twice: %s',
  (text) => {
    expect(() => readConfig({ listen: text }, {})).toThrow(
      `--listen: must not name an address twice, not "${text}"`,
    );
  },
);

it('takes several free ports of one host', () => {
  const { listen } = readConfig({ listen: ['127.0.0.1:0', '127.0.0.1:0'] }, {});
  expect(listen).toEqual(['127.0.0.1:0', '127.0.0.1:0']);
});

it.each([
  [{ auth: 'jwt' }, '--auth jwt needs --jwt-issuer or PERSONGUIDE_JWT_ISSUER'],
  [
    { auth: 'jwt', jwtIssuer: 'a', jwtAudience: 'b' },
    '--auth jwt needs --jwt-jwks or PERSONGUIDE_JWT_JWKS',
  ],
  [{ auth: 'mtls' }, '--auth mtls needs --mtls-clients or PERSONGUIDE_MTLS_CLIENTS'],
  [{ jwtIssuer: 'a' }, '--jwt-issuer (PERSONGUIDE_JWT_ISSUER) needs --auth jwt'],
  [
    { auth: 'keys', mtlsClients: 'a' },
    '--mtls-clients (PERSONGUIDE_MTLS_CLIENTS) needs --auth mtls',
  ],
  [{ auth: 'key' }, '--auth: must be one of none, keys, jwt, mtls; did you mean keys?, not "key"'],
  [{ jwtAlgorithms: 'HS256' }, '--jwt-algorithms: must be some of RS256,'],
  [{ callerReads: '0' }, '--caller-reads: must be a whole number above 0, or off, not "0"'],
  [{ callerStreams: '-1' }, '--caller-streams: must be a whole number above 0, or off, not "-1"'],
])('rejects access control that is not complete: %j', (flags, message) => {
  expect(() => readConfig(flags, {})).toThrow(ConfigError);
  expect(() => readConfig(flags, {})).toThrow(message);
});
