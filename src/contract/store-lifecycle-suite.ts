import { adress, listUserIds, person, allPages, record, user } from './store-messages.js';
import type { StoreBatch } from '../directory/store.js';
import type { StoreCase } from './store-suite.js';

/** Opening, closing and opening again. */
export function lifecycleCases({ store, reopen, durable }: StoreCase): void {
  describe('lifecycle', () => {
    it('passes a check while it is open', async () => {
      await expect(store().check()).resolves.toBeUndefined();
    });

    it('rejects every call after it was closed', async () => {
      const closed = store();
      await closed.close();
      const calls = [
        () => closed.findPeople([{ id: 1 }]),
        () => closed.listPeople({ afterId: 0, limit: 1 }),
        () => closed.recordPeople([person()]),
        () => closed.hasPeople(),
        () => closed.addUser(user()),
        () => closed.findUser({ id: 1 }),
        () => closed.listUsers({ afterId: 0, limit: 1, verified: true }),
        () => closed.findResult({ key: 'k', method: '/m', digest: 'd' }),
        () => closed.exportAll().next(),
        () => closed.importAll(noBatches()),
        () => closed.check(),
      ];
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({
          name: 'DirectoryError',
          reason: 'unavailable',
          code: 'STORE_CLOSED',
        });
      }
    });

    it('can be closed twice', async () => {
      await store().close();
      await expect(store().close()).resolves.toBeUndefined();
      await Promise.all([store().close(), store().close()]);
    });

    it('finishes pending writes when it is closed', async () => {
      const writes = Array.from({ length: 5 }, () => store().addUser(user()));
      const closed = store().close();
      await expect(Promise.all(writes)).resolves.toHaveLength(5);
      await closed;
      if (durable) expect(await listUserIds(await reopen(), false)).toEqual([1, 2, 3, 4, 5]);
    });

    if (!durable) return;

    it('returns the same bytes after it was opened again', async () => {
      const people = Array.from({ length: 50 }, (_, index) =>
        person({ email: `p${index}@b.c`, adresses: [adress(`Place ${index % 3}`)] }),
      );
      await record(store(), ...people);
      await store().addUser(user({ email: 'a@b.c' }));
      const before = await everything();
      await reopen();
      expect(await everything()).toEqual(before);
    });

    it('goes on with the next id after it was opened again', async () => {
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
      await allPages(7, (page) => store().listPeople(page)),
      await allPages(7, (page) => store().listPeople({ ...page, addressKey: 'place 1' })),
      await allPages(7, (page) => store().listUsers({ ...page, verified: false })),
    ];
    return lists
      .flat()
      .flatMap(({ messages }) => messages.map((m) => Buffer.from(m).toString('hex')));
  }
}

async function* noBatches(): AsyncGenerator<StoreBatch, void, undefined> {
  // A store without content.
}
