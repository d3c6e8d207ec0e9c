import type { Once } from '../directory/store.js';
import { listIds, listUserIds, person, user } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Writes with an idempotency key. */
export function repeatCases({ store, reopen, durable }: StoreCase): void {
  describe('repeated writes', () => {
    it('get the first answer and write nothing', async () => {
      const first = await store().recordPeople([person()], { once: once() });
      const again = await store().recordPeople([person()], { once: once() });
      expect(Buffer.compare(first, again)).toBe(0);
      expect(await listIds(store())).toEqual([1]);
    });

    it('get the first answer in the same turn as well', async () => {
      const both = await Promise.all([
        store().addUser(user({ email: 'a@b.c' }), { once: once() }),
        store().addUser(user({ email: 'a@b.c' }), { once: once() }),
      ]);
      expect(Buffer.compare(...both)).toBe(0);
      expect(await listUserIds(store(), false)).toEqual([1]);
    });

    it('are refused with another content, without effect', async () => {
      await store().addUser(user(), { once: once() });
      const other = store().addUser(user(), { once: once({ fingerprint: 'other' }) });
      await expect(other).rejects.toMatchObject({ name: 'DirectoryError', reason: 'conflict' });
      expect(await listUserIds(store(), false)).toEqual([1]);
    });

    it('are told apart by method and by exact key', async () => {
      const keys = [once(), once({ method: '/other' }), once({ key: 'K' }), once({ key: 'k ' })];
      for (const key of keys) await store().addUser(user(), { once: key });
      expect(await listUserIds(store(), false)).toEqual([1, 2, 3, 4]);
    });

    it('are done when the first try failed', async () => {
      await store().addUser(user({ email: 'a@b.c' }));
      const taken = store().addUser(user({ email: 'a@b.c' }), { once: once() });
      await expect(taken).rejects.toMatchObject({ reason: 'already-exists' });
      await store().addUser(user({ email: 'd@e.f' }), { once: once({ fingerprint: 'other' }) });
      expect(await listUserIds(store(), false)).toEqual([1, 2]);
    });

    if (!durable) return;

    it('get the first answer after a restart, up to 24 hours', async () => {
      const startMs = Date.now();
      await reopen({ now: () => new Date(startMs) });
      const first = await store().addUser(user(), { once: once() });
      await reopen({ now: () => new Date(startMs + DAY_MS - 1) });
      expect(Buffer.compare(first, await store().addUser(user(), { once: once() }))).toBe(0);
      await reopen({ now: () => new Date(startMs + DAY_MS) });
      await store().addUser(user(), { once: once({ fingerprint: 'other' }) });
      expect(await listUserIds(store(), false)).toEqual([1, 2]);
    });
  });
}

function once(fields: Partial<Once> = {}): Once {
  return { key: 'k', method: '/grpcUser.UserService/AddUser', fingerprint: 'same', ...fields };
}
