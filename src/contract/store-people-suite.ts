import { Person, PhoneType } from '../../gen/personguide/person_guide.js';
import type { PersonKey } from '../directory/store.js';
import { adress, decoded, findById, listIds, person, record } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** Recording people and finding them. */
export function peopleCases({ store }: StoreCase): void {
  describe('people', () => {
    it('finds a recorded person with every field, and the time of recording', async () => {
      const sent = person({
        name: 'María 李',
        email: 'maria@gmail.com',
        phones: [
          { number: '1234', type: PhoneType.HOME },
          { number: '4321', type: PhoneType.MOBILE },
        ],
        adresses: [adress('my adress'), adress('Elsewhere')],
        lastUpdated: new Date(0),
      });
      const before = Date.now();
      const [stored] = await record(store(), sent);
      const { lastUpdated, etag } = stored ?? {};
      expect(stored).toEqual({ ...sent, id: 1, lastUpdated, createTime: lastUpdated, etag });
      expect(etag).toMatch(/^[0-9a-z]+$/);
      expect(lastUpdated?.getTime()).toBeGreaterThanOrEqual(before);
      expect(await findById(store(), 1)).toEqual(stored);
    });

    it('finds a person without phones, email and adresses', async () => {
      await record(store(), person({ name: 'Bare' }));
      expect(await findById(store(), 1)).toMatchObject({ name: 'Bare', phones: [], adresses: [] });
    });

    it('resolves with people in the order of the keys, undefined for an unknown key', async () => {
      await record(store(), person({ email: 'a@b.c' }), person({ email: 'd@e.f' }));
      const found = await store().findPeople([
        { id: 2 },
        { email: 'a@b.c' },
        { id: 3 },
        { email: 'nobody@b.c' },
        { id: 1 },
        { id: 2 },
        { id: -1 },
      ]);
      expect(found.map((message) => decoded(message)?.id)).toEqual([
        2,
        1,
        undefined,
        undefined,
        1,
        2,
        undefined,
      ]);
      expect(await store().findPeople([])).toEqual([]);
      expect(await store().findPeople([{ id: 9 }])).toEqual([undefined]);
    });

    it('finds hundreds of people in one call', async () => {
      const ids = Array.from({ length: 700 }, (_, index) => index + 1);
      await record(store(), ...ids.map((id) => person({ id, name: `Number ${id}` })));
      const found = await store().findPeople(ids.toReversed().map((id) => ({ id })));
      expect(found.map((message) => decoded(message)?.name)).toEqual(
        ids.toReversed().map((id) => `Number ${id}`),
      );
    });

    it('finds many people by calls at the same time, each its own', async () => {
      const ids = Array.from({ length: 50 }, (_, index) => index + 1);
      await record(store(), ...ids.map((id) => person({ id, name: `P${id}`, email: `${id}@b.c` })));
      const nameOf = async (key: PersonKey): Promise<string | undefined> =>
        decoded((await store().findPeople([key]))[0])?.name;
      const keys = ids.flatMap((id) => [{ id }, { email: `${id}@b.c` }, { id: id + 100 }]);
      for (let round = 0; round < 3; round += 1) {
        // Each round is in one turn, and after one with as many.
        expect(await Promise.all(keys.map(nameOf))).toEqual(
          ids.flatMap((id) => [`P${id}`, `P${id}`, undefined]),
        );
        await new Promise(setImmediate);
      }
    });

    it('matches emails exactly: case, blanks, composition and NUL count', async () => {
      await record(store(), person({ email: 'José@b.c' }), person({ email: 'x@b.c' }));
      const strange = ['josé@b.c', 'Jose\u0301@b.c', ' x@b.c', 'x@b.c ', 'X@b.c', 'x@b.c\0', 'x@%'];
      const found = await store().findPeople(strange.map((email) => ({ email })));
      expect(found).toEqual(strange.map(() => undefined));
      for (const email of strange) {
        expect(await store().findPeople([{ email }])).toEqual([undefined]);
      }
    });

    it('finds the lowest id of several people with the same email', async () => {
      await record(store(), person({ id: 9, email: 'a@b.c' }), person({ id: 4, email: 'a@b.c' }));
      const [found] = await store().findPeople([{ email: 'a@b.c' }]);
      expect(decoded(found)?.id).toBe(4);
    });

    it('assigns ids above all stored ones and all those of the call, in stream order', async () => {
      await record(store(), person({ id: 7 }));
      const stored = await record(
        store(),
        person(),
        person({ id: 20 }),
        person(),
        person({ id: 3 }),
      );
      expect(stored.map(({ id }) => id)).toEqual([21, 20, 22, 3]);
      expect((await record(store(), person())).map(({ id }) => id)).toEqual([23]);
    });

    it('replaces a person by id, and finds it by the new email only', async () => {
      await record(store(), person({ id: 5, name: 'Old', email: 'old@b.c', phones: [phone('1')] }));
      await record(store(), person({ id: 5, name: 'New', email: 'new@b.c', phones: [phone('2')] }));
      expect(await findById(store(), 5)).toMatchObject({ name: 'New', phones: [phone('2')] });
      const found = await store().findPeople([{ email: 'old@b.c' }, { email: 'new@b.c' }]);
      expect(found.map((message) => decoded(message)?.id)).toEqual([undefined, 5]);
    });

    it('stores the last of two messages of one id, at the place of that one', async () => {
      const stored = await record(
        store(),
        person({ id: 5, name: 'First' }),
        person({ id: 6 }),
        person({ id: 5, name: 'Last' }),
      );
      expect(stored.map(({ id, name }) => [id, name])).toEqual([
        [6, 'Somebody'],
        [5, 'Last'],
      ]);
      expect(await findById(store(), 5)).toMatchObject({ name: 'Last' });
    });

    it('keeps the adresses of a person who is replaced without any', async () => {
      await record(store(), person({ id: 5, adresses: [adress('Here'), adress('There')] }));
      const [stored] = await record(store(), person({ id: 5, name: 'New' }));
      expect(stored?.adresses).toEqual([adress('Here'), adress('There')]);
      expect(await findById(store(), 5)).toEqual(stored);
      expect(await listIds(store(), 'there')).toEqual([5]);
    });

    it('keeps the adresses of an earlier message of the same call', async () => {
      const first = person({ id: 5, adresses: [adress('Here')] });
      const [stored] = await record(store(), first, person({ id: 5, name: 'Last' }));
      expect(stored).toMatchObject({ name: 'Last', adresses: [adress('Here')] });
      expect(await listIds(store(), 'here')).toEqual([5]);
    });

    it('records an empty call as an empty address book', async () => {
      expect(await record(store())).toEqual([]);
      expect(await store().hasPeople()).toBe(false);
    });

    it('knows whether it has people', async () => {
      expect(await store().hasPeople()).toBe(false);
      await record(store(), person());
      expect(await store().hasPeople()).toBe(true);
    });

    it('does not change a message that it returned when the person is replaced', async () => {
      await record(store(), person({ id: 1, name: 'Old' }));
      const [found] = await store().findPeople([{ id: 1 }]);
      await record(store(), person({ id: 1, name: 'New' }));
      expect(found && Person.decode(found).name).toBe('Old');
    });
  });
}

function phone(number: string): Person['phones'][number] {
  return { number, type: PhoneType.MOBILE };
}
