import { UserRequest } from '../../gen/grpcUser/user.js';
import { userFieldsOfMask } from '../directory/user-fields.js';
import { add, listUserIds } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

const KEY = { key: 'k', method: '/grpcUser.UserService/UpdateUser', digest: 'same' };

/** Changing and deleting users. */
export function userChangeCases({ store, reopen, durable }: StoreCase): void {
  async function update(id: number, fields: Partial<UserRequest>, etag = ''): Promise<UserRequest> {
    const mask = Object.keys(fields).map((field) => field.replace(/[A-Z]/g, '_$&').toLowerCase());
    const user = UserRequest.fromPartial({ ...fields, id });
    const names = userFieldsOfMask(mask, user);
    return UserRequest.decode(
      await store().changeUser({ kind: 'update', user, fields: names, etag }),
    );
  }

  const removal = (id: number, fields = {}) =>
    ({ kind: 'delete', id, etag: '', allowMissing: false, ...fields }) as const;
  const found = async (key: { id: number } | { email: string }) => {
    const message = await store().findUser(key);
    return message === undefined ? undefined : UserRequest.decode(message);
  };

  describe('a user who is updated', () => {
    it('has the new fields, all others as before, and another etag', async () => {
      const before = await add(store(), { email: 'a@b.c', address: 'Here' });
      const after = await update(1, { firstName: 'New', verified: true });
      const fields = { firstName: 'New', verified: true };
      expect(after).toEqual({ ...before, ...fields, etag: after.etag });
      expect(after.etag).not.toBe(before.etag);
      expect(await found({ id: 1 })).toEqual(after);
      expect(await listUserIds(store(), true)).toEqual([1]);
      expect(await listUserIds(store(), false)).toEqual([]);
    });

    it('is found by the new email only', async () => {
      await add(store(), { email: 'old@b.c' });
      await update(1, { email: 'NEW@b.c' });
      expect(await found({ email: 'old@b.c' })).toBeUndefined();
      expect(await found({ email: 'new@B.c' })).toMatchObject({ id: 1, email: 'NEW@b.c' });
      await update(1, { email: '' });
      expect(await found({ email: 'new@b.c' })).toBeUndefined();
    });

    it('cannot get the email of another user, and then stays as before', async () => {
      await add(store(), { email: 'straße@b.c' });
      const before = await add(store(), { email: 'd@e.f' });
      await expect(update(2, { email: 'STRASSE@B.C', firstName: 'X' })).rejects.toMatchObject({
        reason: 'already-exists',
        code: 'EMAIL_TAKEN',
      });
      expect(await found({ id: 2 })).toEqual(before);
      expect(await update(2, { email: 'D@E.F' })).toMatchObject({ email: 'D@E.F' });
    });

    it('keeps the etag if nothing changes', async () => {
      const before = await add(store(), { address: 'Here' });
      expect(await update(1, { address: 'Here', verified: false })).toEqual(before);
    });

    it('must have the etag that the change names', async () => {
      const { etag } = await add(store());
      const changes = Array.from({ length: 10 }, (_, index) =>
        update(1, { firstName: `Name ${index}` }, etag),
      );
      const results = await Promise.allSettled(changes);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const current = (await found({ id: 1 }))?.etag;
      await expect(update(1, { firstName: 'Late' }, etag)).rejects.toMatchObject({
        reason: 'aborted',
        code: 'ETAG_MISMATCH',
        metadata: { etag: current },
      });
    });

    it('must be there', async () => {
      await expect(update(5, { firstName: 'A' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    });
  });

  describe('a user who is deleted', () => {
    it('is resolved with, and no longer found or listed', async () => {
      const before = await add(store(), { email: 'a@b.c' });
      await add(store());
      const gone = await store().changeUser(removal(1));
      expect(UserRequest.decode(gone)).toEqual(before);
      expect(await found({ id: 1 })).toBeUndefined();
      expect(await listUserIds(store(), false)).toEqual([2]);
    });

    it('frees the email, but not the id', async () => {
      await add(store(), { email: 'a@b.c' });
      await store().changeUser(removal(1));
      expect(await add(store(), { email: 'A@b.c' })).toMatchObject({ id: 2 });
    });

    it('must be there, unless the change allows that nobody is', async () => {
      const missing = store().changeUser(removal(5));
      await expect(missing).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      expect(await store().changeUser(removal(5, { allowMissing: true }))).toHaveLength(0);
    });

    it('must have the etag that the change names', async () => {
      const { etag } = await add(store());
      const other = store().changeUser(removal(1, { etag: 'other' }));
      await expect(other).rejects.toMatchObject({ code: 'ETAG_MISMATCH', metadata: { etag } });
      await store().changeUser(removal(1, { etag }));
      expect(await listUserIds(store(), false)).toEqual([]);
    });
  });

  describe('a change of a user', () => {
    it('is done once for an idempotency key', async () => {
      await add(store());
      const options = { idempotencyKey: KEY };
      const first = await store().changeUser(removal(1), options);
      expect(Buffer.compare(first, await store().changeUser(removal(1), options))).toBe(0);
    });

    it('is not made if its signal is aborted beforehand, nor after the store was closed', async () => {
      await add(store());
      const reason = new Error('the caller is gone');
      const signal = AbortSignal.abort(reason);
      await expect(store().changeUser(removal(1), { signal })).rejects.toBe(reason);
      expect(await listUserIds(store(), false)).toEqual([1]);
      const closed = store();
      await closed.close();
      await expect(closed.changeUser(removal(1))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    });

    if (!durable) return;

    it('is there after a restart', async () => {
      await add(store(), { email: 'a@b.c' });
      await add(store());
      const changed = await update(1, { email: 'b@b.c' });
      await store().changeUser(removal(2));
      await reopen();
      expect(await found({ id: 1 })).toEqual(changed);
      expect(await listUserIds(store(), false)).toEqual([1]);
      expect((await add(store())).id).toBe(3);
    });
  });
}
