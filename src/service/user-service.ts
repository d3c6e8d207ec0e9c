import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Response, UserRequest, type UserServiceServer } from '../../gen/grpcUser/user.js';
import type { Encoded } from '../directory/encoded.js';
import type { Store } from '../directory/store.js';
import { addUser, findUser, getUsers } from '../directory/users.js';
import type { Rpc } from '../rpc/index.js';
import { onceOf } from './once.js';

/** The UserService on a store; proto/grpcUser/user.proto says what each call means. */
export function userService(store: Store, rpc: Rpc): UserServiceServer {
  return {
    addUser: rpc.unary(async (user, call) => {
      const idempotencyKey = onceOf(call)?.add(UserRequest.encode(user).finish()).finish();
      const stored = await addUser(store, user, { idempotencyKey, signal: call.signal });
      return savedResponse(stored);
    }),

    getUser: rpc.unary(({ verified }, { signal }) => getUsers(store, verified, { signal })),

    findUser: rpc.unary((request) => findUser(store, request, {})),
  } satisfies UserServiceServer;
}

const SAVED = Response.encode({
  code: 200,
  message: 'user saved successfully',
  user: undefined,
}).finish();
const USER_FIELD = 3;

/** Made of encoded parts: the stored user is not decoded to be encoded again. */
function savedResponse(user: Encoded<UserRequest>): Encoded<Response> {
  return new BinaryWriter()
    .raw(SAVED)
    .tag(USER_FIELD, WireType.LengthDelimited)
    .bytes(user)
    .finish();
}
