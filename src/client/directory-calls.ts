import type {
  DeleteUserRequest,
  DeleteUserResponse,
  FindUserRequest,
  GetUserRequest,
  ListUsersRequest,
  ListUsersResponse,
  Response,
  UpdateUserRequest,
  UserRequest,
  UserRequests,
} from '../../gen/grpcUser/user.js';
import type {
  AddressBook,
  Adress,
  BatchGetPersonsRequest,
  BatchGetPersonsResponse,
  CreatePersonRequest,
  DeletePersonRequest,
  DeletePersonResponse,
  GetPersonRequest,
  ImportPersonsRequest,
  ImportPersonsResponse,
  Person,
  PersonKey,
  PhoneNumber,
  QueryPersonsRequest,
  QueryPersonsResponse,
  SearchPersonsRequest,
  SearchPersonsResponse,
  UndeletePersonRequest,
  UpdatePersonRequest,
  WatchPersonsRequest,
  WatchPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import type { CallOptions } from './call-options.js';
import type { PartialMessage, RequestStream, ResponseStream } from './definition.js';

/** A person as a caller may write it: every field may be left out. */
export type PersonInput = PartialMessage<Person>;

/** A user as a caller may write it: every field may be left out. */
export type UserInput = PartialMessage<UserRequest>;

/** An object with one of the fields of `T`. */
type OneOf<T> = {
  [Name in keyof T]: { readonly [Key in Name]: T[Key] } & {
    readonly [Key in Exclude<keyof T, Name>]?: never;
  };
}[keyof T];

/** The key of a user: `{ id: 1 }`, `{ email: 'ada@example.com' }`, or the message with its oneof. */
export type UserKey =
  | { readonly id: number; readonly email?: never; readonly key?: never }
  | { readonly email: string; readonly id?: never; readonly key?: never }
  | PartialMessage<FindUserRequest>;

/**
 * The key of a person: `{ id: 1 }`, `{ email: 'ada@example.com' }`, `{ phone: '+54 11 4321-0000' }`,
 * `{ externalId: 'crm-17' }`, or the message with its oneof.
 */
export type PersonKeyInput =
  | OneOf<{ id: number; email: string; phone: string; externalId: string }>
  | PartialMessage<PersonKey>;

/** What getPerson() looks for. */
export interface GetPersonInput extends Omit<PartialMessage<GetPersonRequest>, 'key'> {
  readonly key: PersonKeyInput;
}

/** What batchGetPersons() looks for: 1 to 1,000 keys. */
export interface BatchGetPersonsInput extends Omit<PartialMessage<BatchGetPersonsRequest>, 'keys'> {
  readonly keys: readonly PersonKeyInput[];
}

/** What watchPersons() starts with, and which people it follows. */
export type WatchPersonsInput = Omit<PartialMessage<WatchPersonsRequest>, 'start'> &
  (
    | OneOf<{ snapshot: true; now: true; syncToken: string }>
    | Pick<PartialMessage<WatchPersonsRequest>, 'start'>
  );

/** A response with one person, which is always there. */
export interface PersonResponse {
  readonly person: Person;
}

/** A response with one user, who is always there. */
export interface UserResponse {
  readonly user: UserRequest;
}

/** The calls of `personguide.PersonGuide`. They reject with an RpcError, and do not need `this`. */
export interface PeopleCalls {
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
  /**
   * Returns one person: `getPerson({ key: { id: 1 } })`. Rejects with NOT_FOUND, reason
   * `PERSON_NOT_FOUND`. Retried automatically.
   */
  readonly getPerson: (request: GetPersonInput, options?: CallOptions) => Promise<PersonResponse>;
  /**
   * Returns a result for each key, in their order; `found` is false where no person has the key.
   * Rejects with RESOURCE_EXHAUSTED beyond 3 MiB. Retried automatically.
   */
  readonly batchGetPersons: (
    request: BatchGetPersonsInput,
    options?: CallOptions,
  ) => Promise<BatchGetPersonsResponse>;
  /**
   * Creates a person and returns it as stored; id 0 gets a new id. Rejects with ALREADY_EXISTS,
   * reason `PERSON_EXISTS` or `EXTERNAL_ID_TAKEN`. Retried automatically with an idempotency key.
   */
  readonly createPerson: (
    request: PartialMessage<CreatePersonRequest>,
    options?: CallOptions,
  ) => Promise<PersonResponse>;
  /**
   * Changes the fields that `updateMask` names, such as `['email', 'externalId']`, or those that
   * are set, and returns the person as stored. With an etag that is not the current one it rejects
   * with ABORTED, reason `ETAG_MISMATCH`, and the current one in `error.info.etag`. Retried
   * automatically with an idempotency key.
   */
  readonly updatePerson: (
    request: PartialMessage<UpdatePersonRequest>,
    options?: CallOptions,
  ) => Promise<PersonResponse>;
  /**
   * Deletes a person and returns it; undeletePerson() brings it back for 30 days. Rejects with
   * NOT_FOUND, reason `PERSON_NOT_FOUND`, unless `allowMissing` is set; then there may be no person
   * in the response. Retried automatically with an idempotency key.
   */
  readonly deletePerson: (
    request: PartialMessage<DeletePersonRequest>,
    options?: CallOptions,
  ) => Promise<DeletePersonResponse>;
  /**
   * Brings a deleted person back and returns it. Rejects with ALREADY_EXISTS, reason
   * `PERSON_NOT_DELETED` or `EXTERNAL_ID_TAKEN`. Retried automatically with an idempotency key.
   */
  readonly undeletePerson: (
    request: PartialMessage<UndeletePersonRequest>,
    options?: CallOptions,
  ) => Promise<PersonResponse>;
  /** Returns one page of people; allPages() reads all pages. Retried automatically. */
  readonly queryPersons: (
    request: PartialMessage<QueryPersonsRequest>,
    options?: CallOptions,
  ) => Promise<QueryPersonsResponse>;
  /**
   * Returns one page of the people who match words as typed into a search box, the best match
   * first; allMatches() reads all pages. Retried automatically.
   */
  readonly searchPersons: (
    request: PartialMessage<SearchPersonsRequest>,
    options?: CallOptions,
  ) => Promise<SearchPersonsResponse>;
  /**
   * Follows the people until the caller leaves the loop: `watchPersons({ snapshot: true })`. Retried
   * automatically while no response has been received; watch() also goes on after a lost connection.
   */
  readonly watchPersons: (
    request: WatchPersonsInput,
    options?: CallOptions,
  ) => ResponseStream<WatchPersonsResponse>;
  /** Imports batches of people. Not retried; importPeople() makes the batches, and goes on by itself. */
  readonly importPersons: (
    requests: RequestStream<ImportPersonsRequest>,
    options?: CallOptions,
  ) => ResponseStream<ImportPersonsResponse>;
}

/** The calls of `grpcUser.UserService`. They reject with an RpcError, and do not need `this`. */
export interface UserCalls {
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
  /** Returns one page of users; allPages() reads all pages. Retried automatically. */
  readonly listUsers: (
    request: PartialMessage<ListUsersRequest>,
    options?: CallOptions,
  ) => Promise<ListUsersResponse>;
  /**
   * Changes the fields that `updateMask` names, such as `['firstName']`, or those that are set, and
   * returns the user as stored. Rejects with ABORTED, reason `ETAG_MISMATCH`, and with
   * ALREADY_EXISTS, reason `EMAIL_TAKEN`. Retried automatically with an idempotency key.
   */
  readonly updateUser: (
    request: PartialMessage<UpdateUserRequest>,
    options?: CallOptions,
  ) => Promise<UserResponse>;
  /**
   * Deletes a user for good and returns the user as it was. Rejects with NOT_FOUND, reason
   * `USER_NOT_FOUND`, unless `allowMissing` is set. Retried automatically with an idempotency key.
   */
  readonly deleteUser: (
    request: PartialMessage<DeleteUserRequest>,
    options?: CallOptions,
  ) => Promise<DeleteUserResponse>;
}
