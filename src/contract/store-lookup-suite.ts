import type { PersonLookup } from '../directory/store.js';
import { create, decoded, person, record, remove, update } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** Finding single people by any of their keys. */
export function lookUpCases({ store }: StoreCase): void {
  async function idsOf(lookups: readonly PersonLookup[], showDeleted = false) {
    const found = await store().lookUpPeople(lookups, { showDeleted });
    return found.map((message) => decoded(message)?.id);
  }

  const emails = (...addresses: string[]) =>
    addresses.map((address) => ({ address, label: 'work' }));

  describe('a lookup', () => {
    it('finds people by id, any email and external id, in the order of the lookups', async () => {
      await create(store(), { email: 'a@b.c', emails: emails('a2@b.c', 'a3@b.c') });
      await create(store(), { email: 'd@e.f', externalId: 'x' });
      await record(store(), person({ emails: emails('g@h.i') }));
      expect(
        await idsOf([
          { externalId: 'x' },
          { email: 'a3@b.c' },
          { id: 2 },
          { email: 'nobody@b.c' },
          { email: 'a@b.c' },
          { email: 'g@h.i' },
          { id: 9 },
          { externalId: 'X' },
          { id: 1 },
        ]),
      ).toEqual([2, 1, 2, undefined, 1, 3, undefined, undefined, 1]);
      expect(await store().lookUpPeople([])).toEqual([]);
    });

    it('resolves with the stored message', async () => {
      const created = await create(store(), { externalId: 'x', note: 'a\nb' });
      const [found] = await store().lookUpPeople([{ externalId: 'x' }]);
      expect(decoded(found)).toEqual(created);
    });

    it('finds the lowest id of those with an email, first or further', async () => {
      await create(store(), { id: 9, email: 'a@b.c' });
      expect(await idsOf([{ email: 'a@b.c' }])).toEqual([9]);
      await create(store(), { id: 4, emails: emails('a@b.c') });
      expect(await idsOf([{ email: 'a@b.c' }])).toEqual([4]);
      await create(store(), { id: 2, email: 'a@b.c' });
      expect(await idsOf([{ email: 'a@b.c' }])).toEqual([2]);
    });

    it('compares exactly: case, blanks, composition and NUL count', async () => {
      await create(store(), { externalId: 'José', emails: emails('José@b.c') });
      const strange = ['josé', 'Jose\u0301', ' José', 'José\0', 'José%', ''];
      expect(await idsOf(strange.map((externalId) => ({ externalId })))).toEqual(
        strange.map(() => undefined),
      );
      expect(await idsOf(strange.map((text) => ({ email: `${text}@b.c` })))).toEqual(
        strange.map(() => undefined),
      );
    });

    it('knows the keys of today only', async () => {
      await create(store(), { externalId: 'x', emails: emails('a@b.c', 'd@e.f') });
      await update(store(), 1, { externalId: 'y', emails: emails('d@e.f', 'g@h.i') });
      const lookups = [
        { externalId: 'x' },
        { externalId: 'y' },
        { email: 'a@b.c' },
        { email: 'd@e.f' },
        { email: 'g@h.i' },
      ];
      expect(await idsOf(lookups)).toEqual([undefined, 1, undefined, 1, 1]);
      await record(store(), person({ id: 1, emails: emails('new@b.c') }));
      expect(await idsOf([{ email: 'd@e.f' }, { email: 'new@b.c' }])).toEqual([undefined, 1]);
    });

    it('finds a deleted person if the caller wants that, and no other one has the key', async () => {
      await create(store(), { externalId: 'x', email: 'a@b.c', emails: emails('d@e.f') });
      await create(store(), { email: 'd@e.f' });
      const gone = await remove(store(), 1);
      const lookups = [{ id: 1 }, { externalId: 'x' }, { email: 'a@b.c' }, { email: 'd@e.f' }];
      expect(await idsOf(lookups)).toEqual([undefined, undefined, undefined, 2]);
      expect(await idsOf(lookups, true)).toEqual([1, 1, 1, 2]);
      const [found] = await store().lookUpPeople([{ id: 1 }], { showDeleted: true });
      expect(decoded(found)).toEqual(gone);
      await store().purgeDeleted(new Date(Date.now() + 1000), 10);
      expect(await idsOf(lookups, true)).toEqual([undefined, undefined, undefined, 2]);
    });

    it('finds a person who is back once', async () => {
      await create(store(), { externalId: 'x', emails: emails('a@b.c') });
      await remove(store(), 1);
      await store().changePerson({ kind: 'undelete', id: 1 });
      for (const showDeleted of [false, true]) {
        expect(await idsOf([{ externalId: 'x' }, { email: 'a@b.c' }], showDeleted)).toEqual([1, 1]);
      }
      await record(store(), person({ id: 1 }));
    });

    it('finds a thousand people', async () => {
      const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
      await record(store(), ...ids.map((id) => person({ id, externalId: `x${id}` })));
      expect(await idsOf(ids.map((id) => ({ externalId: `x${id}` })))).toEqual(ids);
    });
  });
}
