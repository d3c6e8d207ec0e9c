import { AddressBook } from '../../gen/personguide/person_guide.js';
import { RESULT_LIFETIME_MS } from '../directory/idempotency.js';
import type { IdempotencyKey } from '../directory/store.js';
import { findById, listIds, listUserIds, person, remove, update, user } from './store-messages.js';
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

    it('of a recording get the same people as they are by then', async () => {
      const ids = [7, 3, 40, 41, 42, 2_000_000_000];
      const people = [...ids.map((id) => person({ id })), person()];
      const retry = async () =>
        AddressBook.decode(await store().recordPeople(people, { idempotencyKey: idempotencyKey() }))
          .people;
      const first = await retry();
      expect(await retry()).toEqual(first);
      await update(store(), 3, { name: 'Changed' });
      const deleted = await remove(store(), 41);
      await remove(store(), 40);
      await store().recordPeople([person({ id: 40, name: 'Back' })]);
      const again = await retry();
      expect(again.map(({ id }) => id)).toEqual([...ids, 43]);
      expect(again[1]).toEqual(await findById(store(), 3));
      expect(again[2]).toEqual(await findById(store(), 40));
      expect(again[3]).toEqual(deleted);
      await store().purgeDeleted(new Date(Date.now() + 1000), 10);
      expect((await retry())[3]).toEqual({ ...person({ id: 41 }), name: '' });
      expect(await listIds(store())).toEqual([3, 7, 40, 42, 43, 2_000_000_000]);
    });

    it('of a recording keep little of its people', async () => {
      const people = Array.from({ length: 1000 }, () => person({ note: 'long '.repeat(20) }));
      for (const key of ['1', '2']) {
        await store().recordPeople(people, { idempotencyKey: idempotencyKey({ key }) });
      }
      const sizes: number[] = [];
      for await (const batch of store().exportAll()) {
        if (batch.kind !== 'results') continue;
        sizes.push(...batch.results.map(({ result }) => result.bytes.length));
      }
      expect(sizes).toHaveLength(2);
      expect(Math.max(...sizes)).toBeLessThan(10);
    });

    if (!durable) return;

    it('of a recording get the same people after a restart', async () => {
      const idempotencyKeyOfIt = { idempotencyKey: idempotencyKey() };
      const first = await store().recordPeople([person(), person()], idempotencyKeyOfIt);
      await reopen();
      expect(await store().findResult(idempotencyKey())).toEqual(first);
      expect(await store().recordPeople([person(), person()], idempotencyKeyOfIt)).toEqual(first);
    });

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
