import { Person } from '../../gen/personguide/person_guide.js';
import { foldedKey } from '../directory/person-keys.js';
import type { PeopleQuery, QueryPosition } from '../directory/store.js';
import { adress, create, person, record, remove, update } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

const MEBIBYTE = 1024 * 1024;

type Filters = Partial<Pick<PeopleQuery, 'order' | 'addressKey' | 'labelKey' | 'showDeleted'>>;

/** Pages of people, by id and by their last update. */
export function queryCases({ store }: StoreCase): void {
  /** Reads all pages; `onPage` runs after each. */
  async function pagesOf(
    filters: Filters,
    limit = 500,
    onPage: () => Promise<unknown> = async () => undefined,
  ): Promise<Person[][]> {
    const pages: Person[][] = [];
    let position: QueryPosition | undefined;
    do {
      const query = { order: 'id', showDeleted: false, ...filters, position, limit } as const;
      const { messages, next } = await store().queryPeople(query);
      pages.push(messages.map((message) => Person.decode(message)));
      position = next;
      await onPage();
    } while (position !== undefined);
    return pages;
  }

  async function idsOf(filters: Filters, limit = 500): Promise<number[]> {
    return (await pagesOf(filters, limit)).flat().map(({ id }) => id);
  }

  const byUpdate = { order: 'last-updated' } as const;

  /** Seven people of four writes, one of whom is deleted. */
  async function fill(): Promise<void> {
    await record(store(), person({ id: 5 }), person({ id: 1 }), person({ id: 3 }));
    await create(store(), { id: 2 });
    await record(store(), person({ id: 9 }), person({ id: 4 }), person({ id: 7 }));
    await update(store(), 3, { name: 'Late' });
    await remove(store(), 4);
  }

  describe('a query', () => {
    it('of an empty store has one empty page', async () => {
      for (const order of ['id', 'last-updated'] as const) {
        for (const showDeleted of [false, true]) {
          expect(await pagesOf({ order, showDeleted })).toEqual([[]]);
          expect(await pagesOf({ order, showDeleted, labelKey: 'x' })).toEqual([[]]);
        }
      }
    });

    it.each([1, 2, 3, 6, 7, 8, 100])('has every person once, in pages of %i', async (limit) => {
      await fill();
      expect(await idsOf({}, limit)).toEqual([1, 2, 3, 5, 7, 9]);
      expect(await idsOf({ showDeleted: true }, limit)).toEqual([1, 2, 3, 4, 5, 7, 9]);
      expect(await idsOf(byUpdate, limit)).toEqual([3, 7, 9, 2, 1, 5]);
      expect(await idsOf({ ...byUpdate, showDeleted: true }, limit)).toEqual([
        ...[4, 3, 7, 9, 2, 1, 5],
      ]);
      const sizes = (await pagesOf({}, limit)).map((page) => page.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
    });

    it('ends with the last person, not with an empty page', async () => {
      await fill();
      for (const order of ['id', 'last-updated'] as const) {
        expect(await pagesOf({ order }, 6)).toHaveLength(1);
        expect(await pagesOf({ order }, 3)).toHaveLength(2);
      }
    });

    it('has the messages as stored, with the time of deletion', async () => {
      const created = await create(store(), { note: 'a' });
      await create(store());
      const gone = await remove(store(), 2);
      expect(await pagesOf({ showDeleted: true })).toEqual([[created, gone]]);
    });

    it('can select people by address, by label and by both', async () => {
      const [here, friend] = [{ adresses: [adress('Here')] }, { labels: [' Friend', 'x'] }];
      await create(store(), here);
      await create(store(), { ...here, ...friend });
      await create(store(), friend);
      await create(store(), { adresses: [adress('There'), adress('HERE')], labels: ['FRIEND'] });
      await create(store());
      await create(store(), { ...here, ...friend });
      await remove(store(), 6);
      const [addressKey, labelKey] = [foldedKey('Here'), foldedKey('friend')];
      for (const limit of [1, 2, 100]) {
        expect(await idsOf({ addressKey }, limit)).toEqual([1, 2, 4]);
        expect(await idsOf({ labelKey }, limit)).toEqual([2, 3, 4]);
        expect(await idsOf({ addressKey, labelKey }, limit)).toEqual([2, 4]);
        const all = { addressKey, labelKey, showDeleted: true };
        expect(await idsOf(all, limit)).toEqual([2, 4, 6]);
        expect(await idsOf({ ...all, ...byUpdate }, limit)).toEqual([6, 4, 2]);
        expect(await idsOf({ labelKey, ...byUpdate }, limit)).toEqual([4, 3, 2]);
        expect(await idsOf({ addressKey, ...byUpdate }, limit)).toEqual([4, 2, 1]);
        expect(await idsOf({ addressKey, showDeleted: true }, limit)).toEqual([1, 2, 4, 6]);
      }
      expect(await idsOf({ labelKey: 'frien' })).toEqual([]);
      expect(await idsOf({ addressKey: 'friend' })).toEqual([]);
    });

    it('knows the labels and addresses of today only', async () => {
      await create(store(), { adresses: [adress('Here')], labels: ['a', 'b'] });
      await update(store(), 1, { labels: ['b', 'c'] });
      expect(await idsOf({ labelKey: 'a' })).toEqual([]);
      expect(await idsOf({ labelKey: 'b' })).toEqual([1]);
      expect(await idsOf({ labelKey: 'c' })).toEqual([1]);
      await remove(store(), 1);
      await store().changePerson({ kind: 'undelete', id: 1 });
      expect(await idsOf({ labelKey: 'c', addressKey: 'here', showDeleted: true })).toEqual([1]);
      await record(store(), person({ id: 1, name: 'New', labels: ['d'] }));
      expect(await idsOf({ labelKey: 'c' })).toEqual([]);
      expect(await idsOf({ labelKey: 'd', addressKey: 'here' })).toEqual([1]);
    });

    it('finds the few with a label among many, though some pages may be empty', async () => {
      const people = Array.from({ length: 3500 }, (_, index) =>
        person({ adresses: [adress('Here')], labels: index % 1600 === 7 ? ['rare'] : ['usual'] }),
      );
      await record(store(), ...people);
      const rare = [8, 1608, 3208];
      expect(await idsOf({ labelKey: 'rare' }, 10)).toEqual(rare);
      const filters = { labelKey: 'rare', addressKey: 'here' };
      expect(await idsOf(filters, 10)).toEqual(rare);
      expect(await idsOf({ ...filters, ...byUpdate }, 10)).toEqual(rare);
      expect(await idsOf({ labelKey: 'usual', addressKey: 'here' }, 1000)).toHaveLength(3497);
    });

    it('has everyone once who is not written meanwhile', async () => {
      await record(store(), ...Array.from({ length: 40 }, () => person()));
      for (const order of ['id', 'last-updated'] as const) {
        const pages = await pagesOf({ order }, 7, () => update(store(), 1, { note: order }));
        const ids = pages.flat().map(({ id }) => id);
        const others = Array.from({ length: 39 }, (_, index) => index + 2);
        expect(ids.filter((id) => id !== 1)).toEqual(others);
      }
    });

    it('has pages of about 1 MiB, with large people among small ones', async () => {
      const note = 'x'.repeat(20_000);
      const people = Array.from({ length: 200 }, (_, index) =>
        person(index % 50 < 30 ? { note } : {}),
      );
      await record(store(), ...people);
      for (const order of ['id', 'last-updated'] as const) {
        const pages = await pagesOf({ order }, 200);
        const sizes = pages.map((page) => page.reduce((sum, { note }) => sum + note.length, 0));
        expect(Math.max(...sizes)).toBeLessThan(1.5 * MEBIBYTE);
        expect(pages.length).toBeLessThan(12);
        expect(pages.flat().map(({ id }) => id)).toEqual(people.map((_, index) => index + 1));
      }
    });

    it('has a page for a single person larger than a page', async () => {
      const note = 'x'.repeat(3 * MEBIBYTE);
      await record(store(), person(), person({ note }), person({ note }), person());
      expect(await idsOf({})).toEqual([1, 2, 3, 4]);
      expect(await idsOf(byUpdate)).toEqual([1, 2, 3, 4]);
    });

    it('whose signal is aborted beforehand is not made', async () => {
      const reason = new Error('the caller is gone');
      const signal = AbortSignal.abort(reason);
      const query = { order: 'id', showDeleted: false, position: undefined, limit: 1 } as const;
      await expect(store().queryPeople(query, { signal })).rejects.toBe(reason);
      await expect(store().lookUpPeople([{ id: 1 }], { signal })).rejects.toBe(reason);
      await expect(store().countPeople({ signal })).rejects.toBe(reason);
    });
  });

  describe('the number of people', () => {
    it('counts those who are not deleted, each once', async () => {
      expect(await store().countPeople()).toBe(0);
      await fill();
      expect(await store().countPeople()).toBe(6);
      await record(store(), person({ id: 4 }), person({ id: 4 }), person({ id: 1 }), person());
      expect(await store().countPeople()).toBe(8);
      const failing = store().recordPeople([person(), person({ id: 2_147_483_647 }), person()]);
      await Promise.allSettled([failing]);
      expect(await store().countPeople()).toBe((await idsOf({})).length);
    });
  });
}
