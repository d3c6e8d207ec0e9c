import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Response, UserServiceDefinition, type UserRequest } from '../../gen/grpcUser/user.js';
import { joinAsLast, type Encoded } from '../directory/encoded.js';
import type { Store } from '../directory/store.js';
import { deleteUser, updateUser } from '../directory/user-changes.js';
import { listUsers } from '../directory/user-query.js';
import { addUser, findUser, getUsers } from '../directory/users.js';
import { service, type Service } from '../rpc/index.js';
import { writeContext } from './write-context.js';

/** The UserService on a store; proto/grpcUser/user.proto defines each call. */
export function userService(store: Store): Service {
  return service(UserServiceDefinition, {
    addUser: async (user, call) => savedResponse(await addUser(store, user, writeContext(call))),

    getUser: ({ verified }, { cancellation: signal }) => getUsers(store, verified, { signal }),

    findUser: (request, { cancellation: signal }) => findUser(store, request, { signal }),

    listUsers: (request, { cancellation: signal }) => listUsers(store, request, { signal }),

    updateUser: (request, call) => updateUser(store, request, writeContext(call)),

    deleteUser: (request, call) => deleteUser(store, request, writeContext(call)),
  });
}

const USER_FIELD = 3;

/** The other fields, and the tag of the user. */
const SAVED = new BinaryWriter()
  .raw(Response.encode({ code: 200, message: 'user saved successfully', user: undefined }).finish())
  .tag(USER_FIELD, WireType.LengthDelimited)
  .finish();

/** The stored user is not decoded to be encoded again. */
function savedResponse(user: Encoded<UserRequest>): Encoded<Response> {
  return joinAsLast(SAVED, user);
}
