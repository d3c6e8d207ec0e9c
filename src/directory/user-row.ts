import { UserRequest } from '../../gen/grpcUser/user.js';
import type { Encoded } from './encoded.js';

/** The form in which emails of users are compared; undefined for a user without one. */
export function userEmailKey(email: string): string | undefined {
  return email === ''
    ? undefined
    : email.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

/** The fields of a user that callers set. */
export type UserField = Exclude<keyof UserRequest, 'id' | 'etag'>;

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
    message: UserRequest.encode({ ...user, id }).finish(),
  };
}

/** The row of a user whose message is stored already, such as in another store. */
export function storedUserRow(message: Encoded<UserRequest>): UserRow {
  const { id, verified, email } = UserRequest.decode(message);
  return { id, verified, emailKey: userEmailKey(email), message };
}
