import { formatHostPort, isLoopback, parseHostPort } from './host-port.js';

describe('parseHostPort', () => {
  it.each([
    ['localhost:1', 'localhost', 1],
    ['my-host.example_1.com:65535', 'my-host.example_1.com', 65_535],
    ['127.0.0.1:50051', '127.0.0.1', 50_051],
    ['[::1]:50051', '::1', 50_051],
    ['[FE80::1%eth0]:1', 'FE80::1%eth0', 1],
  ])('parses %s, which formatHostPort writes again', (text, host, port) => {
    expect(parseHostPort(text, 'connect')).toEqual({ host, port });
    expect(parseHostPort(text, 'listen')).toEqual({ host, port });
    expect(formatHostPort({ host, port })).toBe(text);
  });

  it.each([
    '',
    'localhost',
    'localhost:',
    ':1',
    'localhost:65536',
    'localhost:-1',
    'localhost:1e3',
    'localhost:1 ',
    ' localhost:1',
    'a b:1',
    'a:1,b:2',
    '::1:50051',
    '[::1]',
    '[::1:50051',
    '[localhost]:1',
    '[127.0.0.1]:1',
    '[::g]:1',
    'http://localhost:1',
    'unix:/tmp/socket:1',
  ])('does not parse "%s"', (text) => {
    expect(parseHostPort(text, 'listen')).toBeUndefined();
    expect(parseHostPort(text, 'connect')).toBeUndefined();
  });

  it('allows port 0 only where a server listens', () => {
    expect(parseHostPort('localhost:0', 'listen')).toEqual({ host: 'localhost', port: 0 });
    expect(parseHostPort('localhost:0', 'connect')).toBeUndefined();
  });
});

describe('isLoopback', () => {
  it.each([
    'localhost',
    'LocalHost',
    '127.0.0.1',
    '127.8.8.8',
    '::1',
    '0:0::1',
    '::ffff:127.0.0.1',
  ])('is true for %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '::',
    'fe80::1%lo',
    '::ffff:10.0.0.1',
    '127.evil.example',
    'localhost.evil.example',
    '',
  ])('is false for "%s"', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
