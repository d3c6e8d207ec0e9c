import { Person } from '../../gen/personguide/person_guide.js';
import { adress, listIds, person, allPages, record } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

const MEBIBYTE = 1024 * 1024;

/** Listing people in pages. */
export function listCases({ store }: StoreCase): void {
  describe('lists of people', () => {
    it('are empty in an empty store', async () => {
      expect(await store().listPeople({ afterId: 3, limit: 10 })).toEqual(emptyPage(3));
      expect(await store().listPeople({ afterId: 0, limit: 10, addressKey: 'here' })).toEqual(
        emptyPage(0),
      );
    });

    it('come in numeric order of id, however they were recorded', async () => {
      const ids = [100, 9, 2_000_000_000, 10, 1, 99];
      await record(store(), ...ids.map((id) => person({ id, adresses: [adress('Here')] })));
      const inOrder = [1, 9, 10, 99, 100, 2_000_000_000];
      expect(await listIds(store())).toEqual(inOrder);
      expect(await listIds(store(), 'Here')).toEqual(inOrder);
    });

    it('hold the messages exactly as recordPeople returned them', async () => {
      const people = Array.from({ length: 300 }, (_, index) =>
        person({ name: '\u{10ffff}é'.repeat(1 + (index % 50)), adresses: [adress('Here')] }),
      );
      const stored = await record(store(), ...people);
      for (const addressKey of [undefined, 'here']) {
        const pages = await allPages(70, (page) => store().listPeople({ ...page, addressKey }));
        const messages = pages.flatMap((page) => page.messages);
        expect(messages.map((message) => Person.decode(message))).toEqual(stored);
      }
    });

    it.each([1, 2, 3, 7, 8])('neither repeat nor skip people in pages of %i', async (limit) => {
      await record(store(), ...Array.from({ length: 7 }, () => person()));
      const pages = await allPages(limit, (page) => store().listPeople(page));
      expect(Math.max(...pages.map(({ messages }) => messages.length))).toBeLessThanOrEqual(limit);
      const ids = pages.flatMap(({ messages }) => messages.map((m) => Person.decode(m).id));
      expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(pages.findLast(({ messages }) => messages.length > 0)?.lastId).toBe(7);
    });

    it('show only those with an address of that key', async () => {
      await record(
        store(),
        person({ adresses: [adress('my adress')] }),
        person({ adresses: [adress('other'), adress('My Adress ')] }),
        person(),
        person({ adresses: [adress('my adress 2')] }),
      );
      expect(await listIds(store(), 'my adress')).toEqual([1, 2]);
      expect(await listIds(store(), 'OTHER')).toEqual([2]);
      expect(await listIds(store(), 'my')).toEqual([]);
      expect(await listIds(store(), 'my%')).toEqual([]);
      expect(await listIds(store())).toEqual([1, 2, 3, 4]);
    });

    it.each([
      ['Straße', 'STRASSE'],
      ['Ångström', 'A\u030angstro\u0308m'],
      ['ΟΔΟΣ', 'οδος'],
      ['\u0390', '\u03aa\u0301'],
      ['\u00a0Here\t', 'here'],
    ])('treat %j and %j as the same address', async (recorded, wanted) => {
      await record(store(), person({ adresses: [adress(recorded)] }));
      expect(await listIds(store(), wanted)).toEqual([1]);
    });

    it('show a person once whose addresses differ only in case', async () => {
      await record(store(), person({ adresses: [adress('Here'), adress('HERE')] }));
      expect(await listIds(store(), 'here')).toEqual([1]);
    });

    it('no longer show a person under an address that was replaced', async () => {
      await record(store(), person({ id: 1, adresses: [adress('Old'), adress('Both')] }));
      await record(store(), person({ id: 1, adresses: [adress('Both'), adress('New')] }));
      expect(await listIds(store(), 'old')).toEqual([]);
      expect(await listIds(store(), 'both')).toEqual([1]);
      expect(await listIds(store(), 'new')).toEqual([1]);
    });

    it('show each person once who was stored before, while others are recorded', async () => {
      await record(store(), ...Array.from({ length: 20 }, () => person()));
      const seen: number[] = [];
      await allPages(3, async (request) => {
        const page = await store().listPeople(request);
        seen.push(...page.messages.map((message) => Person.decode(message).id));
        if (seen.length < 12) await record(store(), person(), person({ id: 2, name: 'New' }));
        return page;
      });
      expect(seen.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(seen).toEqual([...new Set(seen)]);
    });

    it('come in pages of about 1 MiB, with large people among small ones', async () => {
      const large = {
        phones: Array.from({ length: 50 }, () => ({ number: '1'.repeat(400), type: 0 })),
      };
      const people = Array.from({ length: 400 }, (_, index) =>
        person(index % 100 < 60 ? large : {}),
      );
      await record(store(), ...people);
      const pages = await allPages(400, (page) => store().listPeople(page));
      const sizes = pages.map(({ messages }) => messages.reduce((sum, m) => sum + m.length, 0));
      expect(Math.max(...sizes)).toBeLessThan(1.5 * MEBIBYTE);
      expect(pages.length).toBeLessThan(20);
      const ids = pages.flatMap(({ messages }) => messages.map((m) => Person.decode(m).id));
      expect(ids).toEqual(people.map((_, index) => index + 1));
    });

    it('hold a single person larger than a page', async () => {
      const huge = person({ name: 'x'.repeat(3 * MEBIBYTE) });
      await record(store(), person(), huge, huge, person());
      expect(await listIds(store())).toEqual([1, 2, 3, 4]);
    });
  });
}

function emptyPage(afterId: number): unknown {
  return { messages: [], lastId: afterId, done: true };
}
