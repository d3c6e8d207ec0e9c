import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Response, UserServiceDefinition, type UserRequest } from '../../gen/grpcUser/user.js';
import type { Encoded } from '../directory/encoded.js';
import type { DirectoryStore } from '../directory/store.js';
import { deleteUser, updateUser } from '../directory/user-changes.js';
import { listUsers } from '../directory/user-query.js';
import { addUser, findUser, getUsers } from '../directory/users.js';
import { service, type Service } from '../rpc/index.js';

/** The UserService on a store; proto/grpcUser/user.proto defines each call. */
export function userService(store: DirectoryStore): Service {
  return service(UserServiceDefinition, {
    addUser: async (user, { idempotencyKey, cancellation: signal }) =>
      savedResponse(await addUser(store, user, { idempotencyKey, signal })),

    getUser: ({ verified }, { cancellation: signal }) => getUsers(store, verified, { signal }),

    findUser: (request, { cancellation: signal }) => findUser(store, request, { signal }),

    listUsers: (request, { cancellation: signal }) => listUsers(store, request, { signal }),

    updateUser: (request, { idempotencyKey, cancellation: signal }) =>
      updateUser(store, request, { idempotencyKey, signal }),

    deleteUser: (request, { idempotencyKey, cancellation: signal }) =>
      deleteUser(store, request, { idempotencyKey, signal }),
  });
}

const SAVED = Response.encode({
  code: 200,
  message: 'user saved successfully',
  user: undefined,
}).finish();
const USER_FIELD = 3;

/** Joined from encoded parts: the stored user is not decoded to be encoded again. */
function savedResponse(user: Encoded<UserRequest>): Encoded<Response> {
  return new BinaryWriter()
    .raw(SAVED)
    .tag(USER_FIELD, WireType.LengthDelimited)
    .bytes(user)
    .finish();
}
