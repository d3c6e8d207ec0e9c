import { UserRequest } from '../../gen/grpcUser/user.js';
import type { UserKey } from '../directory/store.js';
import { add, listUserIds } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** Adding, finding and listing users. */
export function userCases({ store }: StoreCase): void {
  describe('users', () => {
    it('are added under the next id, with every field, whatever id the message has', async () => {
      const fields = { firstName: 'Ana', lastName: 'Sá', address: 'Here', verified: true };
      expect(await add(store(), { ...fields, email: 'ana@b.c', id: 77 })).toEqual({
        ...fields,
        email: 'ana@b.c',
        id: 1,
        etag: '1',
      });
      expect((await add(store())).id).toBe(2);
    });

    it('are found by id and by email, whatever the case of the email', async () => {
      const added = await add(store(), { email: 'Ana.SÁ@b.c' });
      for (const key of [{ id: 1 }, { email: 'Ana.SÁ@b.c' }, { email: 'ANA.sá@B.C' }]) {
        const found = await store().findUser(key);
        expect(found && UserRequest.decode(found)).toEqual(added);
      }
    });

    it('are not found by a key that no user has', async () => {
      await add(store());
      await add(store(), { email: 'a@b.c' });
      const keys = [{ id: 3 }, { id: 0 }, { email: '' }, { email: 'a@b.cc' }, { email: 'a@b.c\0' }];
      for (const key of keys) expect(await store().findUser(key)).toBeUndefined();
    });

    it('are found by many calls at the same time, each its own', async () => {
      const emails = Array.from({ length: 50 }, (_, index) => `${index}@É.c`);
      const users = await Promise.all(emails.map((email) => add(store(), { email })));
      const unknown = [{ id: 99 }, { email: 'none@b.c' }, { email: '1@é.c\0' }, { email: '' }];
      const keys: UserKey[] = users.flatMap(({ id, email }) => [{ id }, { email }]);
      const find = async (key: UserKey): Promise<UserRequest | undefined> => {
        const found = await store().findUser(key);
        return found && UserRequest.decode(found);
      };
      for (let round = 0; round < 3; round += 1) {
        // Each round is in one turn, and after one with as many.
        expect(await Promise.all([...keys, ...unknown].map(find))).toEqual([
          ...users.flatMap((user) => [user, user]),
          ...unknown.map(() => undefined),
        ]);
        await new Promise(setImmediate);
      }
    });

    it('must not share an email, whatever its case; any number of them may have none', async () => {
      await add(store(), { email: 'straße@b.c' });
      await expect(add(store(), { email: 'STRASSE@B.C' })).rejects.toMatchObject({
        name: 'DirectoryError',
        reason: 'already-exists',
      });
      await add(store());
      await add(store());
      expect(await listUserIds(store(), false)).toEqual([1, 2, 3]);
    });

    it('are listed by their flag, in ascending order of id', async () => {
      for (const verified of [true, false, false, true, true]) await add(store(), { verified });
      expect(await listUserIds(store(), true)).toEqual([1, 4, 5]);
      expect(await listUserIds(store(), false)).toEqual([2, 3]);
    });

    it('are all listed without a flag, in ascending order of id', async () => {
      for (const verified of [true, false, true]) await add(store(), { verified });
      expect(await listUserIds(store(), undefined, 2)).toEqual([1, 2, 3]);
    });

    it.each([1, 2, 3, 4])('are listed in pages of %i without repeats or gaps', async (limit) => {
      for (let count = 0; count < 3; count += 1) await add(store(), { verified: true });
      expect(await listUserIds(store(), true, limit)).toEqual([1, 2, 3]);
      expect(await listUserIds(store(), false, limit)).toEqual([]);
    });
  });
}
