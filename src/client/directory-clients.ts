import type {
  FindUserRequest,
  GetUserRequest,
  Response,
  UserRequest,
  UserRequests,
} from '../../gen/grpcUser/user.js';
import type {
  AddressBook,
  Adress,
  Person,
  PhoneNumber,
} from '../../gen/personguide/person_guide.js';
import type { CallOptions } from './call-options.js';
import type { PartialMessage, RequestStream, ResponseStream } from './definition.js';

/** A person as a caller may write it: every field may be left out. */
export type PersonInput = PartialMessage<Person>;

/** A user as a caller may write it: every field may be left out. */
export type UserInput = PartialMessage<UserRequest>;

/** The key of a user: `{ id: 1 }`, `{ email: 'ada@example.com' }`, or the message with its oneof. */
export type UserKey =
  | { readonly id: number; readonly email?: never; readonly key?: never }
  | { readonly email: string; readonly id?: never; readonly key?: never }
  | PartialMessage<FindUserRequest>;

/** The calls of `personguide.PersonGuide`. They reject with an RpcError, and do not need `this`. */
export interface PeopleClient {
  /**
   * Returns the first phone recorded for a person, who is looked up by `id` if it is above 0, else
   * by the exact `email`. The phone is empty if the person has none. Rejects with NOT_FOUND, reason
   * `PERSON_NOT_FOUND`. Retried automatically.
   */
  readonly getPhone: (person: PersonInput, options?: CallOptions) => Promise<PhoneNumber>;
  /**
   * Lists the people who have an address of that name, without regard to case, by ascending id. An
   * empty name lists everyone. Retried automatically while no person has been received.
   */
  readonly listPersons: (
    adress: PartialMessage<Adress>,
    options?: CallOptions,
  ) => ResponseStream<Person>;
  /**
   * Records all people in one transaction, or none. An id above 0 creates or replaces that person,
   * and id 0 gets a new id. Returns the people as stored, at most the first 3 MiB of them; then
   * `truncated` is true. Rejects with INVALID_ARGUMENT and all `violations` of the first invalid
   * person, or with RESOURCE_EXHAUSTED beyond 10,000 people or 16 MiB. Retried automatically with
   * an idempotency key.
   */
  readonly recordPersons: (
    people: RequestStream<Person>,
    options?: CallOptions,
  ) => Promise<AddressBook>;
  /**
   * Returns the phones of each person in turn: the stored ones if the directory has the person, else
   * those of the request. Not retried.
   */
  readonly routePhones: (
    people: RequestStream<Person>,
    options?: CallOptions,
  ) => ResponseStream<PhoneNumber>;
}

/** The calls of `grpcUser.UserService`. They reject with an RpcError, and do not need `this`. */
export interface UsersClient {
  /**
   * Adds a user and returns it with its new id. Rejects with ALREADY_EXISTS, reason `EMAIL_TAKEN`,
   * if another user has the email. Retried automatically with an idempotency key.
   */
  readonly addUser: (user: UserInput, options?: CallOptions) => Promise<Response>;
  /** Returns the users who are verified, or by default those who are not. Retried automatically. */
  readonly getUser: (
    request: PartialMessage<GetUserRequest>,
    options?: CallOptions,
  ) => Promise<UserRequests>;
  /**
   * Returns the user with that id, or with that email without regard to case. Rejects with
   * NOT_FOUND, reason `USER_NOT_FOUND`. Retried automatically.
   */
  readonly findUser: (key: UserKey, options?: CallOptions) => Promise<UserRequest>;
}
