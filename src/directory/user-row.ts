import { UserRequest } from '../../gen/grpcUser/user.js';
import type { Encoded } from './encoded.js';
import { etagMismatch, userNotFound } from './errors.js';
import type { UserChange } from './store.js';
import { checkUser } from './validation.js';
import { caseFolded } from './person-keys.js';

/** The form in which emails of users are compared; undefined for a user without one. */
export function userEmailKey(email: string): string | undefined {
  return email === '' ? undefined : caseFolded(email);
}

/** Etags of users count their versions. */
const FIRST_ETAG = '1';

/** A user as a driver writes it: the message, and the columns to find it by. */
export interface UserRow {
  readonly id: number;
  readonly verified: boolean;
  /** Unique among users where defined. */
  readonly emailKey: string | undefined;
  readonly message: Encoded<UserRequest>;
}

/** The row of a new user, under the id that the driver assigns. */
export function toUserRow(user: UserRequest, id: number): UserRow {
  return {
    id,
    verified: user.verified,
    emailKey: userEmailKey(user.email),
    message: UserRequest.encode({ ...user, id, etag: FIRST_ETAG }).finish(),
  };
}

/** The row of a user whose message is stored already, such as in another store. */
export function storedUserRow(message: Encoded<UserRequest>): UserRow {
  const { id, verified, email } = UserRequest.decode(message);
  return { id, verified, emailKey: userEmailKey(email), message };
}

/** What a change of a user writes. The call resolves with the message of the row, or `result`. */
export type UserChangePlan =
  | { readonly kind: 'none'; readonly result: Encoded<UserRequest> }
  /** The email key may be that of another user, which is EMAIL_TAKEN. */
  | { readonly kind: 'put'; readonly row: UserRow }
  | { readonly kind: 'delete'; readonly id: number; readonly result: Encoded<UserRequest> };

/**
 * Decides what a change writes; `stored` is the user of its id. Throws USER_NOT_FOUND,
 * ETAG_MISMATCH, and `invalid` if the user would be.
 */
export function planUserChange(
  change: UserChange,
  stored: Encoded<UserRequest> | undefined,
): UserChangePlan {
  if (stored === undefined) {
    if (change.kind === 'delete' && change.allowMissing) {
      return { kind: 'none', result: new Uint8Array() };
    }
    throw userNotFound();
  }
  const before = UserRequest.decode(stored);
  if (change.etag !== '' && change.etag !== before.etag) throw etagMismatch('user', before.etag);
  if (change.kind === 'delete') return { kind: 'delete', id: before.id, result: stored };
  const taken = Object.fromEntries(change.fields.map((field) => [field, change.user[field]]));
  const after: UserRequest = { ...before, ...taken };
  if (change.fields.every((field) => before[field] === after[field])) {
    return { kind: 'none', result: stored };
  }
  checkUser(after, 'user.');
  const etag = String(Number(before.etag) + 1);
  return { kind: 'put', row: storedUserRow(UserRequest.encode({ ...after, etag }).finish()) };
}
