import { listUserIds, person, readPages, record, user } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** Opening, closing and opening again. */
export function lifeCases({ store, reopen, durable }: StoreCase): void {
  describe('life', () => {
    it('answers a check while it is open', async () => {
      await expect(store().check()).resolves.toBeUndefined();
    });

    it('refuses every call once it is closed', async () => {
      const closed = store();
      await closed.close();
      const calls = [
        () => closed.findPeople([{ id: 1 }]),
        () => closed.listPeople({ afterId: 0, limit: 1 }),
        () => closed.recordPeople([person()]),
        () => closed.hasPeople(),
        () => closed.addUser(user()),
        () => closed.findUser({ id: 1 }),
        () => closed.listUsers({ afterId: 0, limit: 1 }, true),
        () => closed.check(),
      ];
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({
          name: 'DirectoryError',
          reason: 'unavailable',
        });
      }
    });

    it('closes twice as well as once', async () => {
      await store().close();
      await expect(store().close()).resolves.toBeUndefined();
      await Promise.all([store().close(), store().close()]);
    });

    it('finishes the writes under way when it is closed', async () => {
      const writes = Array.from({ length: 5 }, () => store().addUser(user()));
      const closed = store().close();
      await expect(Promise.all(writes)).resolves.toHaveLength(5);
      await closed;
      if (durable) expect(await listUserIds(await reopen(), false)).toEqual([1, 2, 3, 4, 5]);
    });

    if (!durable) return;

    it('answers byte for byte the same after it is opened again', async () => {
      const people = Array.from({ length: 50 }, (_, index) =>
        person({ email: `p${index}@b.c`, adresses: [{ name: `Place ${index % 3}` }] }),
      );
      await record(store(), ...people);
      await store().addUser(user({ email: 'a@b.c' }));
      const before = await everything();
      await reopen();
      expect(await everything()).toEqual(before);
    });

    it('goes on with ids where it was', async () => {
      await record(store(), person({ id: 41 }));
      await store().addUser(user());
      await reopen();
      expect((await record(store(), person()))[0]?.id).toBe(42);
      await store().addUser(user());
      expect(await listUserIds(store(), false)).toEqual([1, 2]);
    });
  });

  async function everything(): Promise<string[]> {
    const lists = [
      await readPages(7, (page) => store().listPeople(page)),
      await readPages(7, (page) => store().listPeople(page, 'place 1')),
      await readPages(7, (page) => store().listUsers(page, false)),
    ];
    return lists
      .flat()
      .flatMap(({ messages }) => messages.map((m) => Buffer.from(m).toString('hex')));
  }
}
