import type { FindUserRequest, UserRequest } from '../../gen/grpcUser/user.js';
import type { Encoded } from './encoded.js';
import { DirectoryError } from './errors.js';
import type { Store, WriteOptions } from './store.js';
import { checkUser, requireUserKey } from './validation.js';

/** How many users a list reads at a time. */
const PAGE_SIZE = 500;

/** Adds a user; resolves with the user as stored. Fails with `invalid` and `already-exists`. */
export async function addUser(
  store: Store,
  user: UserRequest,
  options: WriteOptions,
): Promise<Encoded<UserRequest>> {
  checkUser(user);
  return store.addUser(user, options);
}

/** Finds a user by id or by email. Fails with `invalid` and `not-found`. */
export async function findUser(
  store: Store,
  request: FindUserRequest,
): Promise<Encoded<UserRequest>> {
  const user = await store.findUser(requireUserKey(request));
  if (user !== undefined) return user;
  throw new DirectoryError('not-found', 'no user has that id or email', { code: 'USER_NOT_FOUND' });
}

/** Gets every user with that verified flag, in ascending order of id. */
export async function getUsers(store: Store, verified: boolean): Promise<Encoded<UserRequest>[]> {
  const users: Encoded<UserRequest>[] = [];
  let afterId = 0;
  for (;;) {
    const page = await store.listUsers({ afterId, limit: PAGE_SIZE }, verified);
    users.push(...page.messages);
    if (page.done) return users;
    afterId = page.lastId;
  }
}
