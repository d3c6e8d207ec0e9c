import { PersonGuideDefinition } from '../../../gen/personguide/person_guide.js';
import { addKey } from '../../directory/keys.js';
import { connect, openChannel } from '../../index.js';
import type { Principal } from '../../rpc/index.js';
import { failure } from '../../test-support/outcome.js';
import { startDirectory, type RunningDirectory } from '../run.js';
import { LimitedCallers } from './caller-limits.js';
import { callWith } from './calls.test.support.js';
import { FailedLogins } from './failed-logins.js';
import { TokenBucket } from './token-bucket.js';

const QUIET = {
  listen: ['127.0.0.1:0'],
  store: ':memory:',
  demo: true,
  logLevel: 'silent',
  shutdownGraceMs: 0,
  auth: { kind: 'keys' },
} as const;

async function keyOf({ store }: RunningDirectory, name: string): Promise<string> {
  const scopes = ['people:read', 'users:write'];
  const { text } = await addKey(store, { name, scopes, expiresAtMs: undefined }, new Date());
  return text;
}

it('counts the reads and the writes of each caller apart', async () => {
  const callerLimits = { readsPerSecond: 4, writesPerSecond: 2 };
  const server = await startDirectory({ ...QUIET, callerLimits });
  const [address = ''] = server.addresses;
  const token = await keyOf(server, 'a');
  await using directory = connect(address, { token, retry: false });
  const { people, users } = directory;
  for (let count = 0; count < 4; count += 1) await people.getPhone({ id: 1 });
  for (let count = 0; count < 2; count += 1) await users.addUser({ firstName: 'Ada' });
  expect(await failure(people.getPhone({ id: 1 }))).toMatchObject({
    codeName: 'RESOURCE_EXHAUSTED',
    reason: 'CALL_RATE_EXCEEDED',
    details: 'a caller may make 4 reads per second',
  });
  expect(await failure(users.addUser({ firstName: 'Ada' }))).toMatchObject({
    details: 'a caller may make 2 writes per second',
  });
  await using other = connect(address, { token: await keyOf(server, 'b'), retry: false });
  expect(await other.people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
  await server.stop();
});

it('makes our client wait, for calls that it may retry', async () => {
  const server = await startDirectory({ ...QUIET, callerLimits: { readsPerSecond: 5 } });
  const token = await keyOf(server, 'a');
  await using directory = connect(server.addresses[0] ?? '', { token });
  const startMs = performance.now();
  for (let count = 0; count < 8; count += 1) {
    expect(await directory.people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
  }
  // Three more than the bucket holds, at 200 ms each.
  expect(performance.now() - startMs).toBeGreaterThan(400);
  await server.stop();
});

it('limits the streams that a caller has open, and counts those that end', async () => {
  const server = await startDirectory({ ...QUIET, callerLimits: { openStreams: 2 } });
  const [address = ''] = server.addresses;
  const token = await keyOf(server, 'a');
  await using channel = openChannel(address, { token, retry: false });
  const people = channel.client(PersonGuideDefinition);

  const person = { phones: [{ number: '1' }] };
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  async function* requests(): AsyncGenerator<typeof person> {
    yield person;
    await held;
  }
  const open = [0, 1].map(() => people.routePhones(requests())[Symbol.asyncIterator]());
  for (const stream of open) {
    expect(await stream.next()).toMatchObject({ value: { number: '1' } });
  }
  const [third] = [people.routePhones(requests())[Symbol.asyncIterator]()];
  expect(await failure(Promise.resolve(third.next()))).toMatchObject({
    codeName: 'RESOURCE_EXHAUSTED',
    reason: 'TOO_MANY_STREAMS',
    details: 'a caller may have 2 streams open',
  });
  // A unary call is not a stream.
  expect(await people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
  release();
  for (const stream of open) expect(await stream.next()).toMatchObject({ done: true });
  const again = people.routePhones([person])[Symbol.asyncIterator]();
  expect(await again.next()).toMatchObject({ value: { number: '1' } });
  await again.return();
  await server.stop();
});

it('remembers a bounded number of callers, and forgets a stream only once', () => {
  const callers = new LimitedCallers({
    readsPerSecond: 1,
    writesPerSecond: Infinity,
    openStreams: Infinity,
  });
  const rule = { scope: 'a', openOnLoopback: false, isRead: true, isStream: false };
  const call = { onEnd: () => undefined };
  const principal = (subject: string): Principal => ({
    kind: 'jwt',
    subject,
    name: subject,
    scopes: new Set(),
  });
  callers.admit(principal('first'), rule, call);
  expect(() => {
    callers.admit(principal('first'), rule, call);
  }).toThrow('a caller may make 1 reads per second');
  for (let count = 0; count < 10_000; count += 1) callers.admit(principal(`${count}`), rule, call);
  expect(() => {
    callers.admit(principal('first'), rule, call);
  }).not.toThrow();
});

describe('failed logins', () => {
  it('make an address wait after twenty in a row, and spare keys that are known', async () => {
    const server = await startDirectory(QUIET);
    const [address = ''] = server.addresses;
    const list = '/personguide.PersonGuide/ListPersons';
    const known = `Bearer ${await keyOf(server, 'a')}`;
    expect(await callWith(address, list, [known])).toMatchObject({ code: 'UNIMPLEMENTED' });
    const wrong = `Bearer pgk_0123456789abcdef_${'a'.repeat(43)}`;
    const codes: string[] = [];
    for (let count = 0; count < 22; count += 1) {
      codes.push((await callWith(address, list, [wrong])).code);
    }
    expect(codes.slice(0, 20)).toEqual(codes.slice(0, 20).fill('UNAUTHENTICATED'));
    expect(await callWith(address, list, [wrong])).toEqual({
      code: 'RESOURCE_EXHAUSTED',
      text: 'too many invalid credentials were sent from this address',
      reason: 'TOO_MANY_FAILED_LOGINS',
    });
    const unknown = `Bearer ${await keyOf(server, 'b')}`;
    expect(await callWith(address, list, [unknown])).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    });
    expect(await callWith(address, list, [known])).toMatchObject({ code: 'UNIMPLEMENTED' });
    expect(await callWith(address, list)).toMatchObject({ code: 'UNAUTHENTICATED' });
    await server.stop();
  });

  it.each([
    ['10.0.0.1:1', '10.0.0.1:2', true],
    ['10.0.0.1:1', '10.0.0.2:1', false],
    ['2001:db8:1:2:3:4:5:6:1', '2001:db8:1:2::9:1', true],
    ['2001:db8:1:2::1:1', '2001:db8:1:3::1:1', false],
    ['2001:db8::1:1', '2001:db8:0:0:7:8:9:a:1', true],
    ['::ffff:10.0.0.1:1', '::ffff:10.0.0.2:1', false],
  ])('of %s and %s are counted together: %p', (one, other, together) => {
    const logins = new FailedLogins(() => 0);
    for (let count = 0; count < 20; count += 1) logins.add(one);
    const check = (): void => {
      logins.check(other);
    };
    if (together) expect(check).toThrow('too many invalid credentials');
    else expect(check).not.toThrow();
  });

  it('are forgiven with time, 20 a minute', () => {
    let nowMs = 0;
    const logins = new FailedLogins(() => nowMs);
    for (let count = 0; count < 20; count += 1) logins.add('10.0.0.1:1');
    nowMs = 2999;
    expect(() => {
      logins.check('10.0.0.1:1');
    }).toThrow('too many');
    nowMs = 3001;
    logins.check('10.0.0.1:1');
  });
});

describe('a token bucket', () => {
  it('says how long until the next token', () => {
    const bucket = new TokenBucket(10, 2, 0);
    expect(bucket.waitMs(0)).toBe(0);
    bucket.take(0);
    bucket.take(0);
    expect(bucket.waitMs(0)).toBe(100);
    expect(bucket.waitMs(60)).toBeCloseTo(40);
    expect(bucket.waitMs(100)).toBeCloseTo(0);
  });

  it('never holds more than its capacity, nor owes more', () => {
    const bucket = new TokenBucket(10, 2, 0);
    for (let count = 0; count < 100; count += 1) bucket.take(0);
    expect(bucket.waitMs(0)).toBeCloseTo(300);
    expect(bucket.waitMs(1e9)).toBe(0);
    for (let count = 0; count < 2; count += 1) bucket.take(1e9);
    expect(bucket.waitMs(1e9)).toBeCloseTo(100);
  });
});
