import { UserRequest, UserRequests } from '../../gen/grpcUser/user.js';
import { openStore } from '../store/open.js';
import type { Store } from './store.js';
import { getUsers } from './users.js';

const MEBIBYTE = 1024 * 1024;

describe('getUsers', () => {
  let store: Store;

  beforeEach(async () => {
    store = await openStore(':memory:');
  });

  afterEach(async () => {
    await store.close();
  });

  /** Adds users of about that many bytes each. */
  async function addUsers(count: number, bytes: number): Promise<void> {
    const user = UserRequest.fromPartial({ firstName: 'a'.repeat(bytes) });
    await Promise.all(Array.from({ length: count }, () => store.addUser(user)));
  }

  it('joins the users of several pages in order', async () => {
    await addUsers(1200, 10);
    const { users } = UserRequests.decode(await getUsers(store, false, {}));
    expect(users.map(({ id }) => id)).toEqual(users.map((_, index) => index + 1));
    expect(users).toHaveLength(1200);
    expect(await getUsers(store, true, {})).toHaveLength(0);
  });

  it('gives other calls their turn between pages', async () => {
    await addUsers(2100, 10);
    let reading = true;
    let turns = 0;
    const countTurns = (): void => {
      turns += 1;
      if (reading) setImmediate(countTurns);
    };
    setImmediate(countTurns);
    const four = Array.from({ length: 4 }, () => getUsers(store, false, {}));
    await Promise.all(four);
    reading = false;
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('returns up to 3 MiB and rejects anything larger', async () => {
    await addUsers(3, MEBIBYTE - 15);
    const response = await getUsers(store, false, {});
    expect(response.length).toBeGreaterThan(3 * MEBIBYTE - 32);
    expect(response.length).toBeLessThanOrEqual(3 * MEBIBYTE);
    await addUsers(1, 20);
    await expect(getUsers(store, false, {})).rejects.toMatchObject({
      reason: 'exhausted',
      code: 'RESPONSE_TOO_LARGE',
      message: expect.stringContaining('narrow the request') as string,
    });
  });

  it('stops reading soon after the bound', async () => {
    await addUsers(20, MEBIBYTE);
    const listUsers = jest.spyOn(store, 'listUsers');
    await expect(getUsers(store, false, {})).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    expect(listUsers.mock.calls.length).toBeLessThan(8);
  });

  it('rejects with the reason of an aborted signal', async () => {
    const reason = new Error('the caller is gone');
    const signal = AbortSignal.abort(reason);
    await expect(getUsers(store, false, { signal })).rejects.toBe(reason);
  });
});
