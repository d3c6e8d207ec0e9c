import type { Person } from '../../gen/personguide/person_guide.js';
import { MAX_ID } from '../directory/free-ids.js';
import {
  add,
  create,
  listIds,
  listUserIds,
  person,
  record,
  remove,
  user,
} from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** The ids that a store assigns. Gaps are allowed, so these cases compare and do not count. */
export function counterCases({ store, reopen, durable }: StoreCase): void {
  describe('assigned ids', () => {
    it('are above all ids before them after writes that failed', async () => {
      const [first] = await record(store(), person());
      const firstUser = await add(store(), { email: 'a@b.c' });
      await Promise.allSettled([
        add(store(), { email: 'A@b.c' }),
        record(store(), ...notRecorded(5000)),
      ]);
      const [second] = await record(store(), person());
      expect(second?.id).toBeGreaterThan(first?.id ?? 0);
      expect(second?.id).toBeLessThan(5000);
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
        const people = failing ? notRecorded(5000) : [person(), person(), person()];
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

    it('are left when someone has the largest id, or one near it', async () => {
      const ids = async (...people: Person[]) =>
        (await record(store(), ...people)).map(({ id }) => id);
      expect(await ids(person({ id: MAX_ID }), person())).toEqual([MAX_ID, 1]);
      expect(await ids(person({ id: MAX_ID - 1 }), person())).toEqual([MAX_ID - 1, 2]);
      expect((await create(store(), { id: MAX_ID - 2 })).id).toBe(MAX_ID - 2);
      expect((await create(store())).id).toBe(3);
      expect(await ids(person({ id: 40 }), person())).toEqual([40, 41]);
      expect(await listIds(store())).toEqual([1, 2, 3, 40, 41, MAX_ID - 2, MAX_ID - 1, MAX_ID]);
    });

    it('are found below those in use when none is left above them', async () => {
      // Each of them is the highest one that counts, so that hardly any are left above the last.
      const named: number[] = [];
      for (let id = 2 ** 30; id <= MAX_ID; id += Math.ceil((MAX_ID + 1 - id) / 2)) named.push(id);
      for (const id of named) await record(store(), person({ id }));
      await remove(store(), 2 ** 30);
      const before = await Promise.all([
        record(store(), person(), person(), person()),
        create(store()),
        record(store(), person({ id: 7 }), person()),
      ]);
      const ids = [...before[0], before[1], ...before[2]].map(({ id }) => id);
      expect(new Set([...ids, ...named]).size).toBe(ids.length + named.length);
      expect(Math.max(...ids)).toBeLessThan(2 ** 30);
      const people = Array.from({ length: 3 }, (_, index) => ({ index, person: person() }));
      const { faults } = await store().importPeople({
        ...{ people, faults: [], match: 'none', dryRun: false, importId: undefined },
        ...{ committedBefore: 0, committedAfter: 3 },
      });
      expect(faults).toEqual([]);
      expect(await listIds(store())).toHaveLength(named.length - 1 + ids.length + 3);
    });

    if (!durable) return;

    it('are left after a restart when someone has the largest id', async () => {
      await record(store(), person({ id: MAX_ID }), person());
      await reopen();
      expect((await record(store(), person()))[0]?.id).toBe(2);
    });

    it('are above all ids before them after a restart', async () => {
      await record(store(), person({ id: 41 }), person());
      const last = await add(store());
      await Promise.allSettled([record(store(), ...notRecorded(5000))]);
      await reopen();
      const [next] = await record(store(), person());
      expect(next?.id).toBeGreaterThan(42);
      expect(next?.id).toBeLessThan(5000);
      expect((await add(store())).id).toBeGreaterThan(last.id);
      expect(await listUserIds(store(), false)).toHaveLength(2);
    });
  });
}

/** People of whom none is recorded, because two have the same external id. */
function notRecorded(id: number): Person[] {
  return [person({ id, externalId: 'x' }), person({ externalId: 'x' }), person()];
}
