import { openStore } from '../store/open.js';
import type { Store } from './store.js';
import { addKey, hasSecret, parseKey, type KeyRequest } from './keys.js';

const NOW = new Date('2026-01-31T12:00:00Z');

describe('a new key', () => {
  let store: Store;

  beforeEach(async () => {
    store = await openStore(':memory:');
  });

  afterEach(async () => {
    await store.close();
  });

  const request = { name: 'orders', scopes: ['people:read'], expiresAtMs: undefined };

  it.each<[string, Partial<KeyRequest>]>([
    ['name', { name: '' }],
    ['name', { name: 'a b' }],
    ['name', { name: '-a' }],
    ['name', { name: 'a'.repeat(65) }],
    ['name', { name: '0123456789abcdef' }],
    ['scopes', { scopes: [] }],
    ['scopes[1]', { scopes: ['admin', 'people:*'] }],
    ['expires_at', { expiresAtMs: NOW.getTime() }],
    ['expires_at', { expiresAtMs: Number.NaN }],
  ])('is rejected with the path of the invalid field: %s of %j', async (field, change) => {
    await expect(addKey(store, { ...request, ...change }, NOW)).rejects.toMatchObject({
      code: 'INVALID_FIELDS',
      violations: [{ field }],
    });
    expect(await store.listKeys()).toEqual([]);
  });

  it('has its own id and secret, and a prefix by which it is recognized', async () => {
    const one = await addKey(store, request, NOW);
    const two = await addKey(store, { ...request, name: 'other' }, NOW);
    expect(one.text).toMatch(/^pgk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    const [first, second] = [parseKey(one.text), parseKey(two.text)];
    expect(first?.id).toBe(one.row.id);
    expect(first?.id).not.toBe(second?.id);
    expect(first?.secret).not.toBe(second?.secret);
    expect(second && hasSecret(one.row, second)).toBe(false);
  });
});

it.each(['', 'pgk_', 'pgk_0123456789abcdef_', 'pgk_0123456789ABCDEF_' + 'a'.repeat(43), 'eyJ.a.b'])(
  'is not a key: "%s"',
  (text) => {
    expect(parseKey(text)).toBeUndefined();
  },
);
