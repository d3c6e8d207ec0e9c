import type { Commit, Store } from '../directory/store.js';
import { add, findById, listIds, listUserIds, person, record, user } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** Concurrent writes. */
export function writeCases({ store, reopen }: StoreCase): void {
  describe('writes', () => {
    it('of many concurrent callers get an id each', async () => {
      const users = await Promise.all(Array.from({ length: 200 }, () => add(store())));
      const inOrder = Array.from({ length: 200 }, (_, index) => index + 1);
      expect(users.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(inOrder);
      expect(await listUserIds(store(), false)).toEqual(inOrder);
    });

    it('that start while others are pending are all done', async () => {
      const chains = Array.from({ length: 20 }, () => addOneAfterAnother(store(), 10));
      await Promise.all(chains);
      expect(await listUserIds(store(), false)).toHaveLength(200);
    });

    it('that fail do not affect concurrent ones', async () => {
      await record(store(), person({ id: 9, externalId: 'x' }));
      const results = await Promise.allSettled([
        add(store(), { email: 'a@b.c' }),
        add(store(), { email: 'A@B.C' }),
        record(store(), person({ id: 1 }), person({ externalId: 'x' })),
        record(store(), person({ id: 2 })),
        add(store(), { email: 'd@e.f' }),
      ]);
      const outcomes = results.map(({ status }) => status === 'fulfilled');
      expect(outcomes).toEqual([true, false, false, true, true]);
      expect(await listIds(store())).toEqual([2, 9]);
      expect(await listUserIds(store(), false)).toHaveLength(2);
    });

    it('of one call are seen by readers all or not at all', async () => {
      const people = Array.from({ length: 500 }, () => person());
      const recorded = record(store(), ...people);
      const seen = (await listIds(store())).length;
      expect([0, 500]).toContain(seen);
      await recorded;
      expect(await listIds(store())).toHaveLength(500);
    });

    it('are visible to every read that starts after they have resolved', async () => {
      for (let id = 1; id <= 20; id += 1) {
        await Promise.all([record(store(), person({ id })), add(store())]);
        expect((await findById(store(), id))?.id).toBe(id);
        expect(await store().findUser({ id })).toBeDefined();
      }
    });

    it('of two users with the same email in one turn fail for one of them', async () => {
      const twice = [store().addUser(user({ email: 'a@b.c' })), add(store(), { email: 'A@b.c' })];
      const results = await Promise.allSettled(twice);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('report each commit, with its duration and how many writes shared it', async () => {
      const commits: Commit[] = [];
      await reopen({ onCommit: (commit) => commits.push(commit) });
      await add(store());
      await Promise.all(Array.from({ length: 10 }, () => add(store())));
      await record(store(), person(), person());
      expect(commits.map(({ writes }) => writes)).toEqual([1, 10, 1]);
      for (const { durationMs } of commits) expect(durationMs).toBeGreaterThan(0);
    });

    it('that were aborted beforehand are not reported as a commit', async () => {
      const commits: Commit[] = [];
      await reopen({ onCommit: (commit) => commits.push(commit) });
      const controller = new AbortController();
      const aborted = store().addUser(user(), { signal: controller.signal });
      controller.abort(new Error('the caller is gone'));
      await expect(aborted).rejects.toThrow('the caller is gone');
      await add(store());
      expect(commits.map(({ writes }) => writes)).toEqual([1]);
    });
  });
}

async function addOneAfterAnother(store: Store, count: number): Promise<void> {
  for (let added = 0; added < count; added += 1) await add(store);
}
