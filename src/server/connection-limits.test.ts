import { ConnectionLimits, networkOf, openFilesLimit } from './connection-limits.js';

const limits = { connections: 5, connectionsPerAddress: 2 };

it('refuses connections beyond the limit of one address, until one of its own is closed', () => {
  const counted = new ConnectionLimits(limits, Infinity);
  expect([counted.open('10.0.0.1'), counted.open('10.0.0.1')]).toEqual([undefined, undefined]);
  expect(counted.open('10.0.0.1')).toBe('too many connections from this address');
  expect(counted.open('10.0.0.2')).toBeUndefined();
  counted.close('10.0.0.2');
  expect(counted.open('10.0.0.1')).toBe('too many connections from this address');
  counted.close('10.0.0.1');
  expect(counted.open('10.0.0.1')).toBeUndefined();
});

it('refuses connections beyond the limit of all', () => {
  const counted = new ConnectionLimits(limits, Infinity);
  for (let host = 1; host <= 5; host += 1) expect(counted.open(`10.0.0.${host}`)).toBeUndefined();
  expect(counted.open('10.0.0.6')).toBe('too many connections');
  counted.close('10.0.0.1');
  expect(counted.open('10.0.0.6')).toBeUndefined();
});

it('stays below the number of files that the process may open, and leaves half to others', () => {
  const counted = new ConnectionLimits({ connections: 10_000, connectionsPerAddress: 1000 }, 84);
  for (let open = 0; open < 10; open += 1) expect(counted.open('10.0.0.1')).toBeUndefined();
  expect(counted.open('10.0.0.1')).toBe('too many connections from this address');
  for (let open = 0; open < 10; open += 1) expect(counted.open(`10.0.1.${open}`)).toBeUndefined();
  expect(counted.open('10.0.0.2')).toBe('too many connections');
});

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['unknown', 'unknown'],
])('counts %s with %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

it('reads the limit of open files where there is one', () => {
  expect(openFilesLimit(() => 'Max open files            1024                 4096   files')).toBe(
    1024,
  );
  expect(openFilesLimit(() => 'Max open files            unlimited            unlimited')).toBe(
    Infinity,
  );
  const missing = (): string => {
    throw new Error('ENOENT');
  };
  expect(openFilesLimit(missing)).toBe(Infinity);
});
