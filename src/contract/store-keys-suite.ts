import { addKey, hasSecret, parseKey, revokeKey } from '../directory/keys.js';
import type { KeyRow } from '../directory/store.js';
import type { StoreCase } from './store-suite.js';

const NOW = new Date('2026-01-31T12:00:00Z');
const LATER = new Date('2026-02-01T12:00:00Z');

/** The keys of callers. */
export function keyCases({ store, reopen, durable }: StoreCase): void {
  describe('keys', () => {
    const add = async (name: string, at = NOW): Promise<KeyRow> => {
      const request = { name, scopes: ['people:read'], expiresAtMs: undefined };
      return (await addKey(store(), request, at)).row;
    };

    it('are found by their id, with everything they were added with', async () => {
      const scopes = ['admin', 'people:read'];
      const request = { name: 'orders', scopes, expiresAtMs: LATER.getTime() };
      const { row, text } = await addKey(store(), request, NOW);
      const found = await store().findKey(row.id);
      expect(found && { ...found, secretHash: Buffer.from(found.secretHash) }).toEqual(row);
      expect(row).toMatchObject({
        scopes: ['people:read', 'admin'],
        createdAtMs: NOW.getTime(),
        expiresAtMs: LATER.getTime(),
        revokedAtMs: undefined,
      });
      const sent = parseKey(text);
      expect(found && sent && hasSecret(found, sent)).toBe(true);
      expect(await store().findKey('0'.repeat(16))).toBeUndefined();
    });

    it('do not contain what the client sends', async () => {
      const { row, text } = await addKey(
        store(),
        { name: 'a', scopes: ['admin'], expiresAtMs: undefined },
        NOW,
      );
      const { secret = '' } = parseKey(text) ?? {};
      expect(secret).toHaveLength(43);
      const stored = JSON.stringify(await store().listKeys());
      expect(stored).toContain(row.id);
      expect(stored).not.toContain(secret);
      expect(Buffer.from(row.secretHash).includes(secret)).toBe(false);
    });

    it('are listed in the order of their creation', async () => {
      await add('later', LATER);
      await add('first');
      expect((await store().listKeys()).map(({ name }) => name)).toEqual(['first', 'later']);
    });

    it('have names that are unique until they are revoked', async () => {
      const first = await add('orders');
      await expect(add('orders')).rejects.toMatchObject({
        reason: 'already-exists',
        code: 'KEY_NAME_TAKEN',
      });
      await revokeKey(store(), 'orders', LATER);
      const second = await add('orders');
      expect(second.id).not.toBe(first.id);
      expect(await store().findKey(first.id)).toMatchObject({ revokedAtMs: LATER.getTime() });
      expect(await store().findKey(second.id)).toMatchObject({ revokedAtMs: undefined });
    });

    it('are revoked once, by name or by id', async () => {
      const [one, two] = [await add('one'), await add('two')];
      expect(await revokeKey(store(), 'one', NOW)).toMatchObject({ id: one.id });
      expect(await revokeKey(store(), two.id, LATER)).toMatchObject({ name: 'two' });
      for (const gone of ['one', one.id, 'unknown', 'a\0b', '']) {
        await expect(revokeKey(store(), gone, NOW)).rejects.toMatchObject({
          reason: 'not-found',
          code: 'KEY_NOT_FOUND',
        });
      }
      expect((await store().listKeys()).map(({ revokedAtMs }) => revokedAtMs)).toEqual(
        [one.id < two.id ? NOW : LATER, one.id < two.id ? LATER : NOW].map(Number),
      );
    });

    if (durable) {
      it('are there after the store was opened again', async () => {
        const { id } = await add('orders');
        expect(await (await reopen()).findKey(id)).toMatchObject({ name: 'orders' });
      });
    }
  });
}
