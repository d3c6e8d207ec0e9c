import { MAX_ID } from '../directory/person-row.js';
import { add, listIds, listUserIds, person, record, user } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** The ids that a store assigns. Gaps are allowed, so these cases compare and do not count. */
export function counterCases({ store, reopen, durable }: StoreCase): void {
  describe('assigned ids', () => {
    it('are above all ids before them after writes that failed', async () => {
      const [first] = await record(store(), person());
      const firstUser = await add(store(), { email: 'a@b.c' });
      await Promise.allSettled([
        add(store(), { email: 'A@b.c' }),
        record(store(), person({ id: MAX_ID }), person()),
      ]);
      const [second] = await record(store(), person());
      expect(second?.id).toBeGreaterThan(first?.id ?? 0);
      expect(second?.id).toBeLessThan(MAX_ID);
      expect((await add(store())).id).toBeGreaterThan(firstUser.id);
    });

    it('are above an id that a caller named, also in the same turn', async () => {
      const named = record(store(), person({ id: 1000 }));
      const [assigned] = await record(store(), person());
      await named;
      expect(assigned?.id).toBeGreaterThan(1000);
    });

    it('are not raised by a person who is replaced', async () => {
      const [first] = await record(store(), person({ id: 40 }));
      await record(store(), person({ id: 7 }));
      const [next] = await record(store(), person());
      expect(next?.id).toBeGreaterThan(first?.id ?? 0);
      expect(await listIds(store())).toEqual([7, 40, next?.id]);
    });

    it('are never assigned twice to concurrent calls', async () => {
      const calls = Array.from({ length: 60 }, async (_, index) => {
        const failing = index % 3 === 0;
        const people = [person(), person(failing ? { id: MAX_ID } : {}), person()];
        return (await record(store(), ...people)).map(({ id }) => id);
      });
      const results = await Promise.allSettled(calls);
      const ids = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
      expect(ids).toHaveLength(120);
      expect(new Set(ids).size).toBe(120);
      expect(await listIds(store())).toEqual(ids.toSorted((a, b) => a - b));
    });

    it('of people and of users are independent', async () => {
      await record(store(), person({ id: 500 }));
      expect((await add(store())).id).toBeLessThan(500);
    });

    it('run out for users only when the largest is in use', async () => {
      await store().addUser(user({ email: 'a@b.c' }));
      await record(store(), person({ id: MAX_ID }));
      await expect(store().addUser(user())).resolves.toBeDefined();
    });

    if (!durable) return;

    it('are above all ids before them after a restart', async () => {
      await record(store(), person({ id: 41 }), person());
      const last = await add(store());
      await Promise.allSettled([record(store(), person({ id: MAX_ID }), person())]);
      await reopen();
      const [next] = await record(store(), person());
      expect(next?.id).toBeGreaterThan(42);
      expect(next?.id).toBeLessThan(MAX_ID);
      expect((await add(store())).id).toBeGreaterThan(last.id);
      expect(await listUserIds(store(), false)).toHaveLength(2);
    });
  });
}
