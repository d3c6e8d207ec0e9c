import { connect, type CallOptions, type ConnectOptions } from '../index.js';
import { clientKey, serverCert } from '../test-support/certificates.js';
import { rejectionOf } from '../test-support/outcome.js';
import { closeLater, stopAll } from './servers.test.support.js';
import { addressesOf, isLoopbackAddress } from './target.js';

afterEach(stopAll);

it.each([
  [
    'timeout',
    { timeout: 5 },
    /unknown option timeout; did you mean timeoutMs\? The options are .*metadata/,
  ],
  ['color', { color: 5 }, /unknown option color; the options are .*timeoutMs/],
  ['tls', { tls: 'yes' }, /tls must be true/],
  ['tls.ca', { tls: { ca: 5 } }, /tls\.ca must be a file name or a Buffer/],
  ['tls.serverName', { tls: { serverName: '' } }, /tls\.serverName must be a host name/],
  ['tls.caa', { tls: { caa: 'x' } }, /unknown option tls\.caa/],
  ['tls.cert', { tls: { cert: Buffer.from('x') } }, /tls\.cert and tls\.key/],
  ['tls.ca file', { tls: { ca: '/no/such/file' } }, /tls\.ca cannot be read: .*ENOENT/],
  ['tls.key', { tls: { cert: serverCert, key: clientKey } }, /tls cannot be used: .*key values/],
  ['token', { token: '' }, /token must be a string or a function/],
  ['token text', { token: 'a\nb' }, /"authorization" has a name or value that cannot be sent/],
  ['timeoutMs', { timeoutMs: 0 }, /timeoutMs must be a number of milliseconds above 0/],
  ['timeoutMs NaN', { timeoutMs: NaN }, /timeoutMs must be a number of milliseconds above 0/],
  ['retry', { retry: 3 }, /retry must be/],
  [
    'retry.maxAttempts',
    { retry: { maxAttempts: 0 } },
    /retry\.maxAttempts must be a positive whole number/,
  ],
  ['loadBalancing', { loadBalancing: 'random' }, /'round_robin' or 'pick_first'/],
  ['connections', { connections: 0 }, /connections must be a whole number from 1 to 100/],
  ['connections above', { connections: 101 }, /connections must be a whole number from 1 to 100/],
  ['keepalive.timeMs', { keepalive: { timeMs: -1 } }, /keepalive\.timeMs/],
  ['compression', { compression: 'br' }, /'none', 'gzip' or 'deflate'/],
  ['metadata value', { metadata: { team: 5 } }, /"team" has a name or value/],
  ['metadata', { metadata: { 'sp ace': 'x' } }, /metadata "sp ace"/],
  ['maxMessageBytes', { maxMessageBytes: 0.5 }, /maxMessageBytes must be a positive whole number/],
  ['onStateChange', { onStateChange: true }, /onStateChange must be a function/],
])('refuses the invalid option %s by name', (_, options, text) => {
  const attempt = (): unknown => connect('localhost:1', options as ConnectOptions);
  expect(attempt).toThrow(TypeError);
  expect(attempt).toThrow(text);
});

it.each([
  [''],
  ['localhost'],
  ['localhost:99999'],
  ['localhost:0'],
  ['http://localhost:1'],
  [[]],
  [['localhost:1', '']],
  [undefined],
  [50051],
])('refuses the target %j', (target) => {
  const attempt = (): unknown => connect(target as string);
  expect(attempt).toThrow(TypeError);
  expect(attempt).toThrow('is not a target');
});

it.each([
  ['a:1', ['dns:a:1']],
  ['a:1, b:2', ['dns:a:1', 'dns:b:2']],
  [
    ['[::1]:1', '10.0.0.1:2'],
    ['dns:[::1]:1', 'dns:10.0.0.1:2'],
  ],
  ['dns:///name:1', ['dns:///name:1']],
])('takes the target %j', (target, addresses) => {
  expect(addressesOf(target)).toEqual(addresses);
});

it.each([
  ['localhost:1', true],
  ['127.0.0.1:1', true],
  ['127.8.8.8:1', true],
  ['[::1]:1', true],
  ['dns:///localhost:1', true],
  ['127.evil.example:1', false],
  ['localhost.evil.example:1', false],
  ['10.0.0.1:1', false],
])('knows whether %s is this machine: %s', (target, expected) => {
  expect(addressesOf(target).every(isLoopbackAddress)).toBe(expected);
});

it('refuses to send a token to another machine in plain text, unless tokenWithoutTls is set', () => {
  const refused = (): unknown => connect(['localhost:1', 'example.org:1'], { token: 'abc' });
  expect(refused).toThrow(TypeError);
  expect(refused).toThrow('in plain text');
  closeLater(connect('localhost:1', { token: 'abc' }));
  closeLater(connect('example.org:1', { token: 'abc', tls: true }));
  closeLater(connect('example.org:1', { token: 'abc', tokenWithoutTls: true }));
});

it('ignores options that are undefined', () => {
  closeLater(connect('localhost:1', { tls: undefined, timeoutMs: undefined, retry: undefined }));
});

it.each([
  ['deadline', { deadline: 5 }, /^GetPhone: unknown option deadline; the options are signal, /],
  ['timeout', { timeout: 5 }, /^GetPhone: unknown option timeout; did you mean timeoutMs\?/],
  ['timeoutMs', { timeoutMs: NaN }, /^GetPhone: timeoutMs must be a number of milliseconds/],
  ['signal', { signal: {} }, /^GetPhone: signal must be an AbortSignal/],
  ['metadata', { metadata: 'x' }, /^GetPhone: metadata must be an object of names and values/],
  ['onHeader', { onHeader: 1 }, /^GetPhone: onHeader must be a function/],
])(
  'refuses the invalid option %s of a call by name, and does not make it',
  async (_, options, text) => {
    const directory = closeLater(connect('localhost:1'));
    const error = await rejectionOf(directory.people.getPhone({}, options as CallOptions));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(text);
    expect(directory.state).toBe('IDLE');
  },
);
