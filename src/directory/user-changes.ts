import type {
  DeleteUserRequest,
  DeleteUserResponse,
  UpdateUserRequest,
  UpdateUserResponse,
} from '../../gen/grpcUser/user.js';
import { joinAsField1, type Encoded } from './encoded.js';
import type { UserChangeStore } from './store.js';
import { userFieldsOfMask } from './user-fields.js';
import { requireField, requireId } from './validation.js';
import { type WriteContext } from './written-ids.js';

/**
 * Changes the fields of a user that the mask names. Rejects with `invalid`, USER_NOT_FOUND,
 * ETAG_MISMATCH and EMAIL_TAKEN.
 */
export async function updateUser(
  store: UserChangeStore,
  { user: sent, updateMask }: UpdateUserRequest,
  options: WriteContext,
): Promise<Encoded<UpdateUserResponse>> {
  const user = requireField(sent, 'user');
  requireId(user.id, 'user.id');
  const fields = userFieldsOfMask(updateMask, user);
  const { etag } = user;
  const changed = await store.changeUser({ kind: 'update', user, fields, etag }, options);
  options.onWritten?.([user.id]);
  return joinAsField1([changed]);
}

/** Deletes a user for good. Rejects with `invalid`, USER_NOT_FOUND and ETAG_MISMATCH. */
export async function deleteUser(
  store: UserChangeStore,
  { id, etag, allowMissing }: DeleteUserRequest,
  options: WriteContext,
): Promise<Encoded<DeleteUserResponse>> {
  requireId(id, 'id');
  const user = await store.changeUser({ kind: 'delete', id, etag, allowMissing }, options);
  if (user.length === 0) return joinAsField1([]);
  options.onWritten?.([id]);
  return joinAsField1([user]);
}
