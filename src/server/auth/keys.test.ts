import { KeyServiceDefinition } from '../../../gen/personguide/admin/v1/keys.js';
import { addKey, revokeKey, type NewKey } from '../../directory/keys.js';
import { PersonGuideDefinition } from '../../../gen/personguide/person_guide.js';
import { connect, openChannel } from '../../index.js';
import { openStore, type Store } from '../../store/open.js';
import { badKeys } from '../../test-support/attacks/bad-keys.js';
import { deferred } from '../../test-support/deferred.js';
import { failure } from '../../test-support/outcome.js';
import { startDirectory, type RunningDirectory } from '../run.js';
import { CachedKeys } from './cached-keys.js';
import { callWith } from './calls.test.support.js';
import { keyVerifier } from './keys.js';

const LIST = '/personguide.PersonGuide/ListPersons';
const DAY_MS = 24 * 60 * 60 * 1000;

function add(store: Store, name: string, change: object = {}, at = new Date()): Promise<NewKey> {
  return addKey(store, { name, scopes: ['people:read'], expiresAtMs: undefined, ...change }, at);
}

describe('a server with --auth keys', () => {
  let server: RunningDirectory;
  let address: string;

  beforeEach(async () => {
    server = await startDirectory({
      listen: ['127.0.0.1:0'],
      store: ':memory:',
      logLevel: 'silent',
      shutdownGraceMs: 0,
      auth: { kind: 'keys' },
    });
    [address = ''] = server.addresses;
  });

  afterEach(async () => {
    await server.stop();
  });

  it('takes a key as bearer token, whatever the case of the word', async () => {
    const { text } = await add(server.store, 'orders');
    for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
      // Not refused: the call has no request message.
      const end = await callWith(address, LIST, [`${scheme} ${text}`]);
      expect(end).toMatchObject({ code: 'UNIMPLEMENTED' });
    }
  });

  it.each(badKeys)('does not take %s', async (_, credentials) => {
    const { text } = await add(server.store, 'orders');
    const { text: other } = await add(server.store, 'other');
    expect(await callWith(address, LIST, [`Bearer ${text}`])).toMatchObject({
      code: 'UNIMPLEMENTED',
    });
    expect(await callWith(address, LIST, credentials(text, other))).toEqual({
      code: 'UNAUTHENTICATED',
      text: 'this call needs credentials with the scope people:read',
      reason: 'NOT_AUTHENTICATED',
    });
  });

  it('does not take a key that has expired, and not before, or was revoked', async () => {
    const expiresAtMs = Date.now() - DAY_MS;
    const expired = await add(server.store, 'expired', { expiresAtMs }, new Date(expiresAtMs - 1));
    const revoked = await add(server.store, 'revoked');
    await revokeKey(server.store, 'revoked', new Date());
    for (const { text } of [expired, revoked]) {
      expect((await callWith(address, LIST, [`Bearer ${text}`])).code).toBe('UNAUTHENTICATED');
    }
  });

  it('adds, lists and revokes keys for callers with the scope admin, effective immediately', async () => {
    const { text: token } = await add(server.store, 'operator', { scopes: ['admin'] });
    await using operator = connect(address, { token });
    const keys = operator.client(KeyServiceDefinition);
    const { key, text } = await keys.addKey({ name: 'orders', scopes: ['people:read'] });
    expect(key).toMatchObject({ name: 'orders', scopes: ['people:read'], revokedAt: undefined });
    expect(text).toContain(key?.id ?? 'no id');

    await using orders = connect(address, { token: text });
    expect(await failure(orders.people.getPhone({ id: 7 }))).toMatchObject({
      codeName: 'NOT_FOUND',
    });
    expect(await failure(orders.client(KeyServiceDefinition).listKeys({}))).toMatchObject({
      codeName: 'PERMISSION_DENIED',
      reason: 'SCOPE_MISSING',
    });

    await keys.revokeKey({ nameOrId: 'orders' });
    expect(await failure(orders.people.getPhone({ id: 7 }))).toMatchObject({
      codeName: 'UNAUTHENTICATED',
    });
    const listed = await keys.listKeys({});
    expect(listed.keys.map(({ name, revokedAt }) => [name, revokedAt !== undefined])).toEqual([
      ['operator', false],
      ['orders', true],
    ]);
    expect(JSON.stringify(listed)).not.toContain(text.slice(21));
    const unknown = keys.addKey({ name: 'a', scopes: ['people:reed'] });
    expect(await failure(unknown)).toMatchObject({
      reason: 'INVALID_FIELDS',
      fields: ['scopes[0]'],
    });
  });
});

it('ends open streams of a key that was revoked, within ten seconds', async () => {
  const server = await startDirectory({
    listen: ['127.0.0.1:0'],
    store: ':memory:',
    logLevel: 'silent',
    shutdownGraceMs: 0,
    auth: { kind: 'keys' },
  });
  const [address = ''] = server.addresses;
  const { text: token } = await add(server.store, 'orders');
  const { text: other } = await add(server.store, 'other');
  const goOn = deferred();
  async function* people(): AsyncGenerator<{ phones: { number: string }[] }> {
    yield { phones: [{ number: '1' }] };
    await goOn.promise;
    yield { phones: [{ number: '2' }] };
  }
  const open = [token, other].map((each) => {
    const channel = openChannel(address, { token: each, retry: false });
    const responses = channel.client(PersonGuideDefinition).routePhones(people());
    return { channel, stream: responses[Symbol.asyncIterator]() };
  });
  for (const { stream } of open) {
    expect(await stream.next()).toMatchObject({ value: { number: '1' } });
  }
  await revokeKey(server.store, 'orders', new Date());
  expect(await failure(Promise.resolve(open[0]?.stream.next()))).toMatchObject({
    codeName: 'UNAVAILABLE',
    details: 'the credentials of this call are no longer valid',
  });
  goOn.resolve();
  expect(await open[1]?.stream.next()).toMatchObject({ value: { number: '2' } });
  for (const { channel } of open) channel.close();
  await server.stop();
});

describe('keys that are remembered', () => {
  let store: Store;
  let nowMs: number;
  let keys: CachedKeys;

  beforeEach(async () => {
    store = await openStore(':memory:');
    nowMs = 0;
    keys = new CachedKeys(store, () => nowMs);
  });

  afterEach(async () => {
    await store.close();
  });

  it('are looked up again after 5 seconds: another server may have revoked them', async () => {
    const { row, text } = await add(store, 'orders');
    const verifier = keyVerifier(keys);
    expect(verifier.known(text)).toBeUndefined();
    const principal = await verifier.verify(text);
    expect(principal).toMatchObject({ kind: 'key', subject: row.id, name: 'orders' });
    await revokeKey(store, 'orders', new Date());
    nowMs = 4999;
    expect(verifier.known(text)).toBe(principal);
    nowMs = 5000;
    expect(verifier.known(text)).toBeUndefined();
    await expect(verifier.verify(text)).rejects.toThrow('the key was revoked');
  });

  it('expire in time, although they are remembered', async () => {
    const expiresAtMs = 2000;
    const { text } = await add(store, 'orders', { expiresAtMs }, new Date(1000));
    let clockMs = 1999;
    const verifier = keyVerifier(keys, () => clockMs);
    await verifier.verify(text);
    expect(verifier.known(text)).toBeDefined();
    clockMs = 2000;
    expect(() => verifier.known(text)).toThrow('the key has expired');
  });

  it('stay revoked if a look into the store began before', async () => {
    const { row } = await add(store, 'orders');
    let answer: () => void = () => undefined;
    const slow = new CachedKeys({
      ...store,
      findKey: async (id) => {
        const found = await store.findKey(id);
        await new Promise<void>((resolve) => (answer = resolve));
        return found;
      },
    });
    const looking = slow.findKey(row.id);
    await slow.revokeKey('orders', new Date());
    answer();
    await looking;
    expect(slow.known(row.id)?.revokedAtMs).toBeDefined();
  });
});
