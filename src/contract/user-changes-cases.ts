import type { ListUsersRequest, UserRequest } from '../../gen/grpcUser/user.js';
import type { PartialMessage } from '../index.js';
import { failure, rejectionOf } from '../test-support/outcome.js';
import { unique, uniqueEmail, userCalls, withKey, type Connected } from './connected.js';

const UNKNOWN_ID = 2_147_483_646;

/** What ListUsers, UpdateUser and DeleteUser promise. */
export function userChangesCases(connected: () => Connected): void {
  const users = () => userCalls(connected());

  async function add(fields: PartialMessage<UserRequest> = {}): Promise<UserRequest> {
    const { user } = await users().addUser({ firstName: 'Ann', ...fields });
    if (user === undefined) throw new Error('the response has no user');
    return user;
  }
  const find = (id: number) => users().findUser({ key: { $case: 'id', value: id } });
  const update = async (user: PartialMessage<UserRequest>, updateMask?: string[]) =>
    (await users().updateUser({ user, updateMask })).user;

  describe('ListUsers', () => {
    async function pagesOf(request: PartialMessage<ListUsersRequest>): Promise<UserRequest[][]> {
      const pages: UserRequest[][] = [];
      let pageToken = '';
      do {
        const page = await users().listUsers({ ...request, pageToken });
        pages.push(page.users);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      return pages;
    }
    const list = async (request: PartialMessage<ListUsersRequest>) =>
      (await pagesOf(request)).flat();

    it('lists users as stored, by id, each once, in pages', async () => {
      const query = unique('lee');
      const added: UserRequest[] = [];
      for (let count = 0; count < 7; count += 1) added.push(await add({ lastName: query }));
      for (const pageSize of [0, 1, 3, 7]) {
        const pages = await pagesOf({ query, pageSize });
        expect(pages.flat()).toEqual(added);
        expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(pageSize || 100);
      }
    });

    it('lists all users without a filter, and by their flag', async () => {
      const [yes, no] = [await add({ verified: true }), await add()];
      const ids = (users: readonly UserRequest[]) => users.map(({ id }) => id);
      const everyone = await list({ pageSize: 1000 });
      expect(everyone).toEqual(expect.arrayContaining([yes, no]));
      expect(ids(everyone)).toEqual([...new Set(ids(everyone))].sort((a, b) => a - b));
      const verified = await list({ verified: true, pageSize: 1000 });
      expect(verified).toContainEqual(yes);
      expect(verified.every((user) => user.verified)).toBe(true);
      const others = await list({ verified: false, pageSize: 1000 });
      expect(others).toContainEqual(no);
      expect(others.some((user) => user.verified)).toBe(false);
    });

    it('finds words in names and emails, in any order, without case and diacritics', async () => {
      const word = unique('x').replaceAll('-', '');
      const user = await add({
        firstName: `José ${word}`,
        lastName: 'MÜLLER',
        email: `${word}.jm@example.com`,
      });
      for (const query of [
        `muller ${word}`,
        `JOSE ${word}`,
        `${word}.JM`,
        `${word} @example üll`,
      ]) {
        expect(await list({ query })).toEqual([user]);
      }
      expect(await list({ query: `${word} nobody` })).toEqual([]);
      expect(await list({ query: word, verified: true })).toEqual([]);
    });

    it('finds one among many more than it looks at per call', async () => {
      for (let added = 0; added < 6000; added += 300) {
        await Promise.all(Array.from({ length: 300 }, () => add()));
      }
      const query = unique('rare');
      const user = await add({ lastName: query });
      const pages = await pagesOf({ query });
      expect(pages.flat()).toEqual([user]);
      expect(pages.length).toBeGreaterThan(1);
    }, 60_000);

    it('takes a page token for the same request only', async () => {
      const query = unique('lee');
      for (let count = 0; count < 2; count += 1) await add({ lastName: query });
      const first = { query, pageSize: 1 };
      const { nextPageToken: pageToken } = await users().listUsers(first);
      for (const other of [
        { query: `${query} x` },
        { verified: false },
        { pageToken: `${pageToken}x` },
        { pageToken: 'x' },
      ]) {
        const error = await failure(users().listUsers({ ...first, pageToken, ...other }));
        expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['page_token'] });
      }
    });

    it.each([
      ['a negative page size', { pageSize: -1 }, 'page_size'],
      ['a query of 201 characters', { query: 'x'.repeat(201) }, 'query'],
      ['a control character', { query: '\u0007' }, 'query'],
    ])('fails with INVALID_ARGUMENT for %s', async (_, request, field) => {
      const error = await failure(users().listUsers(request));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
    });
  });

  describe('UpdateUser', () => {
    it('changes the fields of the mask, also to nothing, and no others', async () => {
      const before = await add({ lastName: 'Lee', address: 'Here 1', verified: true });
      const { id } = before;
      const after = await update({ id, firstName: 'Bea', address: 'x' }, [
        'first_name',
        'verified',
      ]);
      expect(after).toEqual({ ...before, firstName: 'Bea', verified: false, etag: after?.etag });
      expect(after?.etag).not.toBe(before.etag);
      expect(await find(id)).toEqual(after);
      expect(await update({ id, lastName: 'Lo' })).toEqual({
        ...after,
        lastName: 'Lo',
        etag: expect.any(String) as string,
      });
      expect(await update({ id, firstName: 'Cid' }, ['*'])).toMatchObject({
        ...{ firstName: 'Cid', lastName: '', address: '', email: '' },
      });
    });

    it('moves a user from one flag to the other', async () => {
      const { id } = await add();
      await update({ id, verified: true });
      const ids = async (verified: boolean) =>
        (await users().getUser({ verified })).users.map((user) => user.id);
      expect(await ids(true)).toContain(id);
      expect(await ids(false)).not.toContain(id);
    });

    it('moves a user from one email to the other', async () => {
      const [before, after] = [uniqueEmail(), uniqueEmail()];
      const { id } = await add({ email: before });
      await update({ id, email: after });
      const byEmail = (value: string) => users().findUser({ key: { $case: 'email', value } });
      expect((await byEmail(after)).id).toBe(id);
      expect(await failure(byEmail(before))).toMatchObject({ codeName: 'NOT_FOUND' });
      expect((await add({ email: before })).email).toBe(before);
      expect(await failure(update({ id, email: before.toUpperCase() }))).toMatchObject({
        codeName: 'ALREADY_EXISTS',
        reason: 'EMAIL_TAKEN',
      });
      expect((await update({ id, email: after.toUpperCase() }))?.email).toBe(after.toUpperCase());
    });

    it('leaves the etag as it is if nothing changes', async () => {
      const before = await add({ lastName: 'Lee' });
      expect(await update(before)).toEqual(before);
      expect(await update(before, ['*'])).toEqual(before);
    });

    it('fails with ABORTED for an etag that is not the current one, which it names', async () => {
      const { id, etag } = await add();
      const after = await update({ id, etag, lastName: 'Lee' });
      expect(await rejectionOf(update({ id, etag, lastName: 'Lo' }))).toMatchObject({
        codeName: 'ABORTED',
        reason: 'ETAG_MISMATCH',
        info: { etag: after?.etag },
      });
      expect(await find(id)).toEqual(after);
    });

    it.each([
      ['an unknown path', { firstName: 'x' }, ['name'], 'update_mask'],
      ['no name left', {}, ['first_name'], 'user.first_name'],
      ['an invalid email', { email: 'nobody' }, undefined, 'user.email'],
    ])('fails with INVALID_ARGUMENT for %s', async (_, fields, mask, field) => {
      const before = await add();
      const error = await failure(update({ ...fields, id: before.id }, mask));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
      expect(await find(before.id)).toEqual(before);
    });

    it('fails with INVALID_ARGUMENT without a user or an id', async () => {
      expect((await failure(users().updateUser({}))).fields).toEqual(['user']);
      for (const id of [0, -1]) {
        expect((await failure(update({ id, lastName: 'x' }))).fields).toEqual(['user.id']);
      }
    });

    it('fails with NOT_FOUND for an unknown user', async () => {
      expect(await failure(update({ id: UNKNOWN_ID, lastName: 'x' }))).toMatchObject({
        codeName: 'NOT_FOUND',
        reason: 'USER_NOT_FOUND',
      });
    });
  });

  describe('DeleteUser', () => {
    it('returns the user as it was, who is then gone, and frees the email but not the id', async () => {
      const email = uniqueEmail();
      const user = await add({ email });
      const { id } = user;
      expect((await users().deleteUser({ id })).user).toEqual(user);
      expect(await failure(find(id))).toMatchObject({ codeName: 'NOT_FOUND' });
      expect((await users().listUsers({ query: email })).users).toEqual([]);
      expect((await add({ email })).id).toBeGreaterThan(id);
    });

    it('fails with NOT_FOUND if there is no such user, unless that is allowed', async () => {
      const { id } = await add();
      await users().deleteUser({ id });
      expect(await failure(users().deleteUser({ id }))).toMatchObject({
        codeName: 'NOT_FOUND',
        reason: 'USER_NOT_FOUND',
      });
      expect(await users().deleteUser({ id, allowMissing: true })).toEqual({ user: undefined });
    });

    it('fails with ABORTED for an etag that is not the current one', async () => {
      const { id, etag } = await add();
      const after = await update({ id, lastName: 'Lee' });
      expect(await rejectionOf(users().deleteUser({ id, etag }))).toMatchObject({
        codeName: 'ABORTED',
        reason: 'ETAG_MISMATCH',
        info: { etag: after?.etag },
      });
      expect((await users().deleteUser({ id, etag: after?.etag })).user?.id).toBe(id);
    });

    it.each([0, -1])('fails with INVALID_ARGUMENT for the id %i', async (id) => {
      const error = await failure(users().deleteUser({ id }));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['id'] });
    });
  });

  it('gives a retry with an idempotency key the first result', async () => {
    const key = unique('key');
    const { id } = await add();
    const change = () => users().updateUser({ user: { id, lastName: 'Lee' } }, withKey(key));
    const changed = await change();
    await update({ id, lastName: 'Lo' });
    expect(await change()).toEqual(changed);
    const remove = () => users().deleteUser({ id }, withKey(key));
    const removed = await remove();
    expect(await remove()).toEqual(removed);
    const other = users().deleteUser({ id: id + 1 }, withKey(key));
    expect((await failure(other)).reason).toBe('IDEMPOTENCY_KEY_REUSED');
  });
}
