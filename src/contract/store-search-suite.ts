import { Person, PhoneType } from '../../gen/personguide/person_guide.js';
import { matchOf } from '../directory/match.js';
import { foldedKey } from '../directory/person-keys.js';
import { readingsOf } from '../directory/search-words.js';
import { MAX_MATCHES, searchPeople } from '../directory/search.js';
import type { FoundMatch, PeopleQuery, PersonLookup, QueryPosition } from '../directory/store.js';
import { seededRandom } from '../test-support/seeded-random.js';
import { adress, create, decoded, person, record, remove, update } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

const FIRST_NAMES = [
  ...['Gabriel', 'Gabriela', 'María', 'Mario', 'Ana', 'Anna', 'Jürgen', 'Łukasz', "D'Arcy"],
  ...['Ángel', 'Zoë', 'Søren', 'Juan', 'Jean-Luc', 'Фёдор', '山田', 'Guðrún', 'Muhammad', 'O'],
];
const LAST_NAMES = [
  ...[
    'García',
    'Garcia-Lopez',
    'Gracia',
    'Fernández',
    'Fernandes',
    'Hernández',
    'Müller',
    'Mueller',
  ],
  ...["O'Brien", 'Nuñez', 'Szczepański', 'Strauß', 'Ng', 'van der Berg', 'Ramírez', 'Толстой'],
];
const ORGANIZATIONS = ['', '', 'Acme S.A.', 'Studio 54', 'Fundación Garrahan', 'Bergmann & Söhne'];
const DOMAINS = ['gmail.com', 'example.org', 'garcia.name', 'mail.example.com.ar'];

/** Searches, lookups by phone, and lists by name. */
export function searchCases({ store, reopen, durable }: StoreCase): void {
  const random = seededRandom(2);

  const pick = (list: readonly string[]): string => list[random(list.length)] ?? '';

  function randomPerson(): Person {
    const [first, last] = [pick(FIRST_NAMES), pick(LAST_NAMES)];
    const plain = `${first}.${last}`.normalize('NFKD').replace(/[^a-z.]/gi, '');
    const number = `${4000 + random(3)}-${String(random(10_000)).padStart(4, '0')}`;
    const phones = [`+54 11 ${number}`, `(011) ${number}`, number.slice(5), `011 15 ${number}`];
    return person({
      name: `${first} ${pick(['', '', pick(FIRST_NAMES)])} ${last}`,
      email: random(3) === 0 ? '' : `${plain}${random(40)}@${pick(DOMAINS)}`,
      emails: random(4) === 0 ? [{ address: `${plain}@${pick(DOMAINS)}`, label: '' }] : [],
      organization: pick(ORGANIZATIONS),
      phones: random(4) === 0 ? [] : [{ number: pick(phones), type: PhoneType.MOBILE }],
    });
  }

  function randomWord(): string {
    const source = randomPerson();
    const text = pick([source.name, source.name, source.email, source.organization]);
    const word = pick(text.split(/[\s@]+/));
    switch (random(6)) {
      case 0:
        return word.slice(0, 1 + random(4));
      case 1:
        return word.slice(1 + random(3));
      case 2:
        return swapped(word);
      case 3:
        return swapped(word.slice(0, -1));
      case 4:
        return source.phones[0]?.number.slice(random(5)) ?? word;
      default:
        return word.normalize(pick(['NFC', 'NFD'])).toUpperCase();
    }
  }

  function swapped(word: string): string {
    const at = random(Math.max(1, word.length - 1));
    return word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
  }

  /** What the store finds, as `id rank field`. */
  async function found(query: string): Promise<string[]> {
    const matches = await searchPeople(store(), query);
    return matches.map(({ id, rank, field }) => `${id} ${rank} ${field}`);
  }

  /** The same, found page by page. */
  async function foundInPages(query: string, limit: number): Promise<string[]> {
    const all: FoundMatch[] = [];
    let page: readonly FoundMatch[];
    do {
      page = await searchPeople(store(), query, { after: all.at(-1), limit });
      all.push(...page);
    } while (page.length === limit && all.length < MAX_MATCHES);
    return all.slice(0, MAX_MATCHES).map(({ id, rank, field }) => `${id} ${rank} ${field}`);
  }

  /** The ids that the store finds. */
  async function idsFound(query: string): Promise<number[]> {
    return (await searchPeople(store(), query)).map(({ id }) => id);
  }

  /** What a look at everyone finds, the best first. */
  function expected(people: readonly Person[], query: string, country = ''): string[] {
    return people
      .flatMap((one) => {
        const match = matchOf(readingsOf(query, country), one, country);
        return match === undefined ? [] : [{ id: one.id, ...match }];
      })
      .sort((one, other) => one.rank - other.rank || one.id - other.id)
      .slice(0, MAX_MATCHES)
      .map(({ id, rank, field }) => `${id} ${rank} ${field}`);
  }

  function lookUp(lookup: PersonLookup, showDeleted = false): Promise<number | undefined> {
    return store()
      .lookUpPeople([lookup], { showDeleted })
      .then(([message]) => decoded(message)?.id);
  }

  async function idsByName(filters: Partial<PeopleQuery> = {}): Promise<number[]> {
    const ids: number[] = [];
    let position: QueryPosition | undefined;
    do {
      const query = { order: 'name', showDeleted: false, limit: 3, ...filters, position } as const;
      const page = await store().queryPeople(query);
      expect(page.messages.length).toBeLessThanOrEqual(3);
      ids.push(...page.messages.map((message) => Person.decode(message).id));
      position = page.next;
    } while (position !== undefined);
    return ids;
  }

  describe('search', () => {
    it.each(durable ? ['', 'AR'] : [''])(
      'finds whom a look at everyone finds, in the same order, for the country "%s"',
      async (country) => {
        if (country !== '') await reopen({ defaultCountry: country });
        const people: Person[] = [];
        for (let batch = 0; batch < 6; batch += 1) {
          people.push(...(await record(store(), ...Array.from({ length: 60 }, randomPerson))));
        }
        let matches = 0;
        for (let count = 0; count < 250; count += 1) {
          const query = Array.from({ length: 1 + random(3) }, randomWord).join(' ');
          const ids = await found(query);
          expect([query, ...ids]).toEqual([query, ...expected(people, query, country)]);
          if (count % 5 === 0) expect(await foundInPages(query, 1 + random(30))).toEqual(ids);
          if (ids.length > 0) matches += 1;
        }
        expect(matches).toBeGreaterThan(100);
      },
    );

    it('finds the best of more people than it returns', async () => {
      const names = ['Ana Lopezana', 'Anabel Lopez', 'Mariana Lopez', 'Ana Lopez', 'Anna Lopes'];
      const people: Person[] = [];
      for (let batch = 0; batch < 3; batch += 1) {
        const some = Array.from({ length: 1500 }, (_, index) =>
          person({ name: names[index % (3 + batch)] ?? '' }),
        );
        people.push(...(await record(store(), ...some)));
      }
      for (const query of ['ana lopez', 'an', 'lopez ana', 'lope', 'lopze ana', 'ana']) {
        const best = expected(people, query);
        expect(await found(query)).toEqual(best);
        expect(await foundInPages(query, 70)).toEqual(best);
      }
    });

    it('finds everyone who was written before, and only as they are now', async () => {
      const [ann] = await record(store(), person({ name: 'Ann Archer' }), person({ name: 'Bob' }));
      expect(await idsFound('archer')).toEqual([1]);
      await update(store(), 1, { name: 'Ann Butcher' });
      expect(await idsFound('archer')).toEqual([]);
      expect(await idsFound('butcher')).toEqual([1]);
      await remove(store(), 1);
      expect(await idsFound('butcher')).toEqual([]);
      await store().changePerson({ kind: 'undelete', id: 1 });
      expect(await idsFound('butcher')).toEqual([1]);
      await record(store(), { ...person({ name: 'Cy Cook' }), id: ann?.id ?? 0 });
      expect(await idsFound('butcher')).toEqual([]);
      expect(await idsFound('cook')).toEqual([1]);
    });

    it('finds people while others are written', async () => {
      const writing = (async () => {
        for (let count = 0; count < 20; count += 1) {
          await record(store(), person({ name: `Writer ${count}` }));
        }
      })();
      for (let count = 0; count < 20; count += 1) {
        const name = `Reader Number${count}`;
        const [recorded] = await record(store(), person({ name }));
        expect(await idsFound(`number${count} reader`)).toContain(recorded?.id);
      }
      await writing;
      expect(await idsFound('writer')).toHaveLength(20);
    });

    it('does not find people who were purged', async () => {
      await create(store(), {
        name: 'Gone',
        phones: [{ number: '5551234', type: PhoneType.MOBILE }],
      });
      await remove(store(), 1);
      expect(await lookUp({ phone: '555-1234' }, true)).toBe(1);
      await store().purgeDeleted(new Date(Date.now() + 1000), 10);
      expect(await lookUp({ phone: '555-1234' }, true)).toBeUndefined();
      expect(await idsByName({ showDeleted: true })).toEqual([]);
    });

    it('rejects with the reason of a signal that aborts', async () => {
      await record(store(), ...Array.from({ length: 2000 }, randomPerson));
      const abort = new AbortController();
      const search = searchPeople(store(), 'garcia', undefined, { signal: abort.signal });
      abort.abort(new Error('left'));
      await expect(search).rejects.toThrow('left');
      expect(await idsFound('garcia')).not.toEqual([]);
    });

    it('rejects a search that waits when the store is closed', async () => {
      await record(store(), ...Array.from({ length: 2000 }, randomPerson));
      const search = searchPeople(store(), 'garcia');
      const closing = reopen();
      await expect(search).rejects.toMatchObject({ reason: 'unavailable' });
      await closing;
    });
  });

  describe('lookups by phone', () => {
    it('finds a person by any way of writing a phone, the lowest id of several', async () => {
      if (durable) await reopen({ defaultCountry: 'AR' });
      await record(
        store(),
        person({ id: 7, phones: [{ number: '+54 11 4321-0000', type: PhoneType.MOBILE }] }),
        person({ id: 5, phones: [{ number: '+541143210000', type: PhoneType.MOBILE }] }),
        person({ id: 3, name: '541143210000' }),
        person({ id: 9, phones: [{ number: '1234', type: PhoneType.MOBILE }] }),
      );
      expect(await lookUp({ phone: '54-11-4321-0000' })).toBe(5);
      expect(await lookUp({ phone: '+54 11 4321 0001' })).toBeUndefined();
      expect(await lookUp({ phone: '#12-34' })).toBe(9);
      expect(await lookUp({ phone: '###' })).toBeUndefined();
      if (durable) expect(await lookUp({ phone: '(011) 4321 0000' })).toBe(5);
    });

    it('finds a deleted person only if that is wanted, and after all others', async () => {
      const phones = [{ number: '+54 11 4321-0000', type: PhoneType.MOBILE }];
      await record(store(), person({ phones }), person({ phones }), person({ phones }));
      await remove(store(), 1);
      await remove(store(), 2);
      expect(await lookUp({ phone: '+541143210000' }, true)).toBe(3);
      await remove(store(), 3);
      expect(await lookUp({ phone: '+541143210000' })).toBeUndefined();
      expect(await lookUp({ phone: '+541143210000' }, true)).toBe(1);
      await store().changePerson({ kind: 'undelete', id: 2 });
      expect(await lookUp({ phone: '+541143210000' }, true)).toBe(2);
    });

    if (durable) {
      it('compares all phones anew when the default country changes', async () => {
        await record(
          store(),
          person({ phones: [{ number: '(011) 4321 0000', type: PhoneType.MOBILE }] }),
        );
        expect(await lookUp({ phone: '+54 11 4321 0000' })).toBeUndefined();
        await reopen({ defaultCountry: 'AR' });
        expect(await lookUp({ phone: '+54 11 4321 0000' })).toBe(1);
        await reopen();
        expect(store().defaultCountry).toBe('AR');
        expect(await lookUp({ phone: '+54 11 4321 0000' })).toBe(1);
        await reopen({ defaultCountry: '' });
        expect(await lookUp({ phone: '+54 11 4321 0000' })).toBeUndefined();
        expect(await idsFound('4321 0000')).toEqual([1]);
      });

      it('goes on where it was when the store is opened again', async () => {
        await record(store(), person({ name: 'Ann Archer' }));
        await reopen();
        expect(await idsFound('archer')).toEqual([1]);
        await reopen();
        await record(store(), person({ name: 'Bob Archer' }));
        expect(await idsFound('archer')).toEqual([1, 2]);
      });
    }
  });

  describe('queries by name', () => {
    beforeEach(async () => {
      const names = ['Zoe', 'ábel', 'Émile', 'Abel', 'eve', 'ÁBEL A', 'émile', 'Łukasz', 'Lukas'];
      await record(store(), ...names.map((name, index) => person({ name, id: index + 1 })));
    });

    it('lists people regardless of case and diacritics, then by id', async () => {
      expect(await idsByName()).toEqual([2, 4, 6, 3, 7, 5, 9, 8, 1]);
      await update(store(), 1, { name: 'Aaron' });
      expect(await idsByName({ limit: 2 })).toEqual([1, 2, 4, 6, 3, 7, 5, 9, 8]);
    });

    it('lists deleted people only if that is wanted', async () => {
      await remove(store(), 3);
      expect(await idsByName()).toEqual([2, 4, 6, 7, 5, 9, 8, 1]);
      expect(await idsByName({ showDeleted: true })).toEqual([2, 4, 6, 3, 7, 5, 9, 8, 1]);
    });

    it('lists the people with an address and a label', async () => {
      await record(
        store(),
        person({ id: 1, name: 'Zoe', adresses: [adress('Here')], labels: ['red'] }),
        person({ id: 5, name: 'Eve', adresses: [adress('here')] }),
      );
      const key = foldedKey('HERE');
      expect(await idsByName({ addressKey: key })).toEqual([5, 1]);
      expect(await idsByName({ addressKey: key, labelKey: 'red' })).toEqual([1]);
      expect(await idsByName({ labelKey: 'blue' })).toEqual([]);
    });

    it('ends a page before it has 1 MiB', async () => {
      const note = 'x'.repeat(400 * 1024);
      await record(store(), ...[1, 2, 3, 4].map((id) => person({ id, name: 'A', note })));
      const query = { order: 'name', showDeleted: false, limit: 100 } as const;
      const page = await store().queryPeople({ ...query, position: undefined });
      expect(page.messages).toHaveLength(2);
      const { messages } = await store().queryPeople({ ...query, position: page.next, limit: 2 });
      expect(messages.map((message) => Person.decode(message).id)).toEqual([3, 4]);
    });
  });
}
