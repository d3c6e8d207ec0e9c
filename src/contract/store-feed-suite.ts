import type { ChangePosition } from '../directory/store.js';
import { create, decoded, person, record, remove, update } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

const MEBIBYTE = 1024 * 1024;

/** Following changes. */
export function feedCases({ store, reopen, durable }: StoreCase): void {
  /** Each change after a position as an id, below 0 for a deletion; reads all pages. */
  async function changesAfter(after: ChangePosition, limit = 500): Promise<number[]> {
    const ids: number[] = [];
    let position = after;
    for (;;) {
      const page = await store().readChanges(position, limit);
      expect(page.people.length).toBeLessThanOrEqual(limit);
      for (const { id, deleted, message, revision } of page.people) {
        expect(decoded(message)).toMatchObject({ id, etag: revision.toString(36) });
        expect(decoded(message)?.deleteTime !== undefined).toBe(deleted);
        ids.push(deleted ? -id : id);
      }
      ({ position } = page);
      if (page.done) break;
      expect(page.people).not.toHaveLength(0);
    }
    expect(position).toEqual(await store().currentPosition());
    return ids;
  }

  const expired = { name: 'DirectoryError', reason: 'expired', code: 'SYNC_TOKEN_EXPIRED' };

  describe('changes', () => {
    it('have none after the current position', async () => {
      const start = await store().currentPosition();
      expect(await changesAfter(start)).toEqual([]);
      await record(store(), person());
      expect(await changesAfter(await store().currentPosition())).toEqual([]);
      expect(await store().currentPosition()).not.toEqual(start);
    });

    it.each([1, 2, 3, 4, 100])('come in order of writes and ids, in pages of %i', async (limit) => {
      const start = await store().currentPosition();
      await record(store(), person({ id: 5 }), person({ id: 1 }), person({ id: 3 }));
      await create(store(), { id: 2 });
      const middle = await store().currentPosition();
      await record(store(), person({ id: 9 }), person({ id: 4 }));
      await remove(store(), 2);
      await update(store(), 1, { name: 'Late' });
      expect(await changesAfter(start, limit)).toEqual([3, 5, 4, 9, -2, 1]);
      expect(await changesAfter(middle, limit)).toEqual([4, 9, -2, 1]);
    });

    it('show each person once, as they are now', async () => {
      const start = await store().currentPosition();
      await create(store(), { name: 'One' });
      await update(store(), 1, { name: 'Two' });
      await create(store(), { name: 'Bea' });
      await remove(store(), 2);
      await store().changePerson({ kind: 'undelete', id: 2 });
      await create(store(), { name: 'Carl' });
      await remove(store(), 3);
      const { people } = await store().readChanges(start, 10);
      expect(people.map(({ message }) => decoded(message)?.name)).toEqual(['Two', 'Bea', 'Carl']);
      expect(people.map(({ deleted }) => deleted)).toEqual([false, false, true]);
      expect(await changesAfter(start)).toEqual([1, 2, -3]);
    });

    it('have no gap when a page is followed by the next, while people change', async () => {
      await record(store(), ...Array.from({ length: 30 }, () => person()));
      let position: ChangePosition = { revision: 0, id: 0 };
      const seen = new Map<number, string>();
      for (let turn = 0; ; turn += 1) {
        const page = await store().readChanges(position, 4);
        for (const { id, message } of page.people) seen.set(id, decoded(message)?.name ?? '');
        ({ position } = page);
        if (turn < 5) await update(store(), turn * 6 + 1, { name: `Turn ${turn}` });
        if (turn >= 5 && page.done) break;
      }
      expect([...seen.keys()].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 30 }, (_, index) => index + 1),
      );
      expect(seen.get(25)).toBe('Turn 4');
    });

    it('do not include writes that failed or changed nothing', async () => {
      await create(store(), { name: 'Ann' });
      const start = await store().currentPosition();
      await Promise.allSettled([
        create(store(), { id: 1 }),
        update(store(), 1, { name: 'Ann' }),
        store().recordPeople([person({ externalId: 'x' }), person({ externalId: 'x' })]),
      ]);
      expect(await changesAfter(start)).toEqual([]);
    });

    it('come in pages of about 1 MiB', async () => {
      const start = await store().currentPosition();
      const note = 'x'.repeat(300_000);
      await record(store(), ...Array.from({ length: 20 }, () => person({ note })));
      const { people, done } = await store().readChanges(start, 100);
      expect(people.length * note.length).toBeLessThan(1.5 * MEBIBYTE);
      expect(done).toBe(false);
      expect(await changesAfter(start)).toHaveLength(20);
    });

    it('after a position are unknown once people who were deleted after it are purged', async () => {
      await create(store());
      const before = await store().currentPosition();
      await create(store());
      await remove(store(), 1);
      const after = await store().currentPosition();
      await remove(store(), 2);
      expect(await changesAfter(before)).toEqual([-1, -2]);
      expect(await store().purgeDeleted(new Date(Date.now() + 1000), 1)).toBe(1);
      await expect(store().readChanges(before, 10)).rejects.toMatchObject(expired);
      expect(await changesAfter(after)).toEqual([-2]);
    });

    it('after a position beyond all changes are unknown', async () => {
      const { revision, id } = await store().currentPosition();
      const beyond = { revision: revision + 1, id };
      await expect(store().readChanges(beyond, 10)).rejects.toMatchObject(expired);
    });

    it('are not read by a call whose signal is aborted, nor after the store was closed', async () => {
      const reason = new Error('the caller is gone');
      const signal = AbortSignal.abort(reason);
      const start = await store().currentPosition();
      await expect(store().readChanges(start, 1, { signal })).rejects.toBe(reason);
      await expect(store().currentPosition({ signal })).rejects.toBe(reason);
      const closed = store();
      await closed.close();
      const code = { code: 'STORE_CLOSED' };
      await expect(closed.readChanges(start, 1)).rejects.toMatchObject(code);
      await expect(closed.currentPosition()).rejects.toMatchObject(code);
    });

    if (!durable) return;

    it('are the same after a restart', async () => {
      const start = await store().currentPosition();
      await record(store(), person(), person());
      await remove(store(), 1);
      const position = await store().currentPosition();
      await reopen();
      expect(await store().currentPosition()).toEqual(position);
      expect(await changesAfter(start)).toEqual([2, -1]);
      await store().purgeDeleted(new Date(Date.now() + 1000), 1);
      await reopen();
      await expect(store().readChanges(start, 10)).rejects.toMatchObject(expired);
    });
  });

  describe('a listener', () => {
    /** Resolves when the listener is called. */
    function nextCall(): Promise<void> {
      return new Promise((resolve) => {
        const stop = store().onChange(() => {
          stop();
          resolve();
        });
      });
    }

    it('is called after each kind of write of people, when they can be read', async () => {
      const start = await store().currentPosition();
      const writes = [
        () => record(store(), person()),
        () => update(store(), 1, { name: 'New' }),
        () => remove(store(), 1),
        () => store().changePerson({ kind: 'undelete', id: 1 }),
      ];
      for (const write of writes) {
        const called = nextCall();
        await write();
        await called;
      }
      expect(await changesAfter(start)).toEqual([1]);
    });

    it('is called for as long as it listens, beside others', async () => {
      let calls = 0;
      const stop = store().onChange(() => (calls += 1));
      let called = nextCall();
      await create(store());
      await called;
      expect(calls).toBeGreaterThan(0);
      stop();
      const before = calls;
      called = nextCall();
      await create(store());
      await called;
      expect(calls).toBe(before);
    });
  });
}
