import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FindUserRequest, UserRequest, UserRequests } from '../../gen/grpcUser/user.js';
import {
  field1Bytes,
  joinAsField1,
  MAX_RESPONSE_BYTES,
  MAX_RESPONSE_MEBIBYTES,
  type Encoded,
} from './encoded.js';
import { responseTooLarge, userNotFound } from './errors.js';
import { readPages } from './pages.js';
import type { ReadOptions, UserStore } from './store.js';
import { checkUser, requireUserKey } from './validation.js';
import { idOfUser, type WriteContext } from './written-ids.js';

/** Users per page of a list. */
const PAGE_SIZE = 500;

/** Adds a user; resolves with the user as stored. Rejects with `invalid` and as the store does. */
export async function addUser(
  store: UserStore,
  user: UserRequest,
  options: WriteContext,
): Promise<Encoded<UserRequest>> {
  checkUser(user);
  const added = await store.addUser(user, options);
  options.onWritten?.([idOfUser(added)]);
  return added;
}

/** Finds a user by id or by email. Rejects with `invalid` and USER_NOT_FOUND. */
export async function findUser(
  store: UserStore,
  request: FindUserRequest,
  options: ReadOptions,
): Promise<Encoded<UserRequest>> {
  const user = await store.findUser(requireUserKey(request), options);
  if (user === undefined) throw userNotFound();
  return user;
}

/**
 * Gets every user with that flag, in ascending order of id.
 * Rejects with RESPONSE_TOO_LARGE if they take more than 3 MiB, and then has read little more.
 * Other calls get their turn between pages.
 */
export async function getUsers(
  store: UserStore,
  verified: boolean,
  options: ReadOptions,
): Promise<Encoded<UserRequests>> {
  const users: Encoded<UserRequest>[] = [];
  let bytes = 0;
  const pages = readPages(PAGE_SIZE, (page) => store.listUsers({ ...page, verified }, options));
  for await (const { messages, done } of pages) {
    for (const user of messages) {
      bytes += field1Bytes(user);
      if (bytes > MAX_RESPONSE_BYTES) {
        throw responseTooLarge(MAX_RESPONSE_MEBIBYTES);
      }
      users.push(user);
    }
    if (!done) await nextTurn();
  }
  return joinAsField1(users);
}
