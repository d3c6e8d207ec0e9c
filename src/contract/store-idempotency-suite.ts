import { RESULT_LIFETIME_MS } from '../directory/idempotency.js';
import type { IdempotencyKey } from '../directory/store.js';
import { listIds, listUserIds, person, user } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** Writes with an idempotency key. */
export function idempotencyCases({ store, reopen, durable }: StoreCase): void {
  describe('retries of a write', () => {
    it('get the first result and write nothing', async () => {
      const first = await store().recordPeople([person()], { idempotencyKey: idempotencyKey() });
      const again = await store().recordPeople([person()], { idempotencyKey: idempotencyKey() });
      expect(Buffer.compare(first, again)).toBe(0);
      expect(await listIds(store())).toEqual([1]);
    });

    it('get the first result in the same turn, too', async () => {
      const both = await Promise.all([
        store().addUser(user({ email: 'a@b.c' }), { idempotencyKey: idempotencyKey() }),
        store().addUser(user({ email: 'a@b.c' }), { idempotencyKey: idempotencyKey() }),
      ]);
      expect(Buffer.compare(...both)).toBe(0);
      expect(await listUserIds(store(), false)).toEqual([1]);
    });

    it('fail if their content differs, without effect', async () => {
      await store().addUser(user(), { idempotencyKey: idempotencyKey() });
      const other = store().addUser(user(), {
        idempotencyKey: idempotencyKey({ digest: 'other' }),
      });
      await expect(other).rejects.toMatchObject({ name: 'DirectoryError', reason: 'conflict' });
      expect(await listUserIds(store(), false)).toEqual([1]);
    });

    it('are identified by method and exact key', async () => {
      const keys = [
        idempotencyKey(),
        idempotencyKey({ method: '/other' }),
        idempotencyKey({ key: 'K' }),
        idempotencyKey({ key: 'k ' }),
      ];
      for (const key of keys) await store().addUser(user(), { idempotencyKey: key });
      expect(await listUserIds(store(), false)).toEqual([1, 2, 3, 4]);
    });

    it('are done if the first attempt failed', async () => {
      await store().addUser(user({ email: 'a@b.c' }));
      const taken = store().addUser(user({ email: 'a@b.c' }), { idempotencyKey: idempotencyKey() });
      await expect(taken).rejects.toMatchObject({ reason: 'already-exists' });
      await store().addUser(user({ email: 'd@e.f' }), {
        idempotencyKey: idempotencyKey({ digest: 'other' }),
      });
      expect(await listUserIds(store(), false)).toEqual([1, 2]);
    });

    it('find the result that was stored for their key', async () => {
      expect(await store().findResult(idempotencyKey())).toBeUndefined();
      const first = await store().addUser(user(), { idempotencyKey: idempotencyKey() });
      expect(await store().findResult(idempotencyKey())).toEqual(first);
      expect(await store().findResult(idempotencyKey({ key: 'other' }))).toBeUndefined();
      await expect(store().findResult(idempotencyKey({ digest: 'other' }))).rejects.toMatchObject({
        reason: 'conflict',
        code: 'IDEMPOTENCY_KEY_REUSED',
      });
    });

    if (!durable) return;

    it('get the first result after a restart, for 24 hours', async () => {
      const startMs = Date.now();
      await reopen({ now: () => new Date(startMs) });
      const first = await store().addUser(user(), { idempotencyKey: idempotencyKey() });
      await reopen({ now: () => new Date(startMs + RESULT_LIFETIME_MS - 1) });
      expect(
        Buffer.compare(first, await store().addUser(user(), { idempotencyKey: idempotencyKey() })),
      ).toBe(0);
      await reopen({ now: () => new Date(startMs + RESULT_LIFETIME_MS) });
      await store().addUser(user(), { idempotencyKey: idempotencyKey({ digest: 'other' }) });
      expect(await listUserIds(store(), false)).toEqual([1, 2]);
    });
  });
}

function idempotencyKey(fields: Partial<IdempotencyKey> = {}): IdempotencyKey {
  return { key: 'k', method: '/grpcUser.UserService/AddUser', digest: 'same', ...fields };
}
