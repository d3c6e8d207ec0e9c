import type { UserRequest } from '../../gen/grpcUser/user.js';
import { namedFields } from './person-fields.js';

/** The fields of a user that callers set. */
export type UserField = Exclude<keyof UserRequest, 'id' | 'etag'>;

const FIELDS: ReadonlyMap<string, UserField> = new Map([
  ['first_name', 'firstName'],
  ['last_name', 'lastName'],
  ['address', 'address'],
  ['verified', 'verified'],
  ['email', 'email'],
]);

/**
 * The fields that an update mask names, each once: all of them for `*`, and those that are set in
 * the user for an empty mask. Throws `invalid` with all unknown paths.
 */
export function userFieldsOfMask(
  mask: readonly string[] | undefined,
  user: UserRequest,
): readonly UserField[] {
  if (mask === undefined || mask.length === 0) {
    return [...FIELDS.values()].filter((field) => Boolean(user[field]));
  }
  return namedFields(mask, FIELDS, new Set(['id', 'etag']));
}
