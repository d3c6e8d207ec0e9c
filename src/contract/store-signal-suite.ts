import type { ReadOptions } from '../directory/store.js';
import { listIds, listUserIds, person, user } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** Calls that are aborted. */
export function signalCases({ store }: StoreCase): void {
  describe('a call whose signal', () => {
    it.each<[string, (options: ReadOptions) => Promise<unknown>]>([
      ['findPeople', (options) => store().findPeople([{ id: 1 }], options)],
      ['listPeople', (options) => store().listPeople({ afterId: 0, limit: 1 }, options)],
      ['recordPeople', (options) => store().recordPeople([person()], options)],
      ['hasPeople', (options) => store().hasPeople(options)],
      ['addUser', (options) => store().addUser(user(), options)],
      ['findUser', (options) => store().findUser({ id: 1 }, options)],
      [
        'listUsers',
        (options) => store().listUsers({ afterId: 0, limit: 1, verified: true }, options),
      ],
      [
        'findResult',
        (options) => store().findResult({ key: 'k', method: '/m', digest: 'd' }, options),
      ],
      ['check', (options) => store().check(options)],
    ])('is aborted beforehand rejects with its reason: %s', async (_, call) => {
      const reason = new Error('the caller is gone');
      await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await expect(call({ signal: new AbortController().signal })).resolves.not.toThrow();
    });

    it('is aborted beforehand writes nothing', async () => {
      const signal = AbortSignal.abort(new Error('the caller is gone'));
      const idempotencyKey = { key: 'k', method: '/m', digest: 'd' };
      await Promise.allSettled([
        store().recordPeople([person()], { signal, idempotencyKey }),
        store().addUser(user(), { signal }),
      ]);
      await store().addUser(user({ verified: true }));
      expect(await listIds(store())).toEqual([]);
      expect(await listUserIds(store(), false)).toEqual([]);
      expect(await store().findResult(idempotencyKey)).toBeUndefined();
    });

    it('is aborted before its transaction begins writes nothing, unlike its neighbours', async () => {
      const controller = new AbortController();
      const reason = new Error('the caller is gone');
      const { signal } = controller;
      const writes = [
        store().addUser(user()),
        store().addUser(user({ firstName: 'Aborted' }), { signal }),
        store().recordPeople([person({ id: 5 })], { signal }),
        store().recordPeople([person({ id: 6 })]),
      ];
      controller.abort(reason);
      const results = await Promise.allSettled(writes);
      expect(results).toMatchObject([
        { status: 'fulfilled' },
        { status: 'rejected', reason },
        { status: 'rejected', reason },
        { status: 'fulfilled' },
      ]);
      expect(await listUserIds(store(), false)).toHaveLength(1);
      expect(await listIds(store())).toEqual([6]);
    });

    it('is aborted afterwards has its result', async () => {
      const controller = new AbortController();
      await store().addUser(user(), { signal: controller.signal });
      controller.abort();
      expect(await listUserIds(store(), false)).toEqual([1]);
    });
  });
}
