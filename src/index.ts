export { openChannel, type ClientChannel, type ServingStatus } from './client/channel.js';
export { connect, type Directory } from './client/connect.js';
export type { CallOptions } from './client/call-options.js';
export type {
  PartialMessage,
  RequestStream,
  ResponseStream,
  ServiceDefinition,
} from './client/definition.js';
export {
  JsonError,
  personFromJson,
  toJson,
  userFromJson,
  type AddressBookJson,
  type PersonJson,
  type PhoneNumberJson,
  type PhoneTypeJson,
} from './client/message-json.js';
export { fromCall, type GrpcServerCall, type HandledCall } from './client/from-call.js';
export type {
  BatchGetPersonsInput,
  GetPersonInput,
  PeopleCalls,
  PersonInput,
  PersonKeyInput,
  PersonResponse,
  UserCalls,
  UserInput,
  UserKey,
  UserResponse,
  WatchPersonsInput,
} from './client/directory-calls.js';
export type { PeopleClient, UsersClient } from './client/directory-clients.js';
export type { PeopleQuery, PeopleSearch, UserQuery } from './client/pages.js';
export type {
  ImportPeopleOptions,
  ImportPeopleProgress,
  ImportSummary,
} from './client/people-import.js';
export type { PeopleEvent, WatchOptions } from './client/people-watch.js';
export type { Replica, ReplicaChange, ReplicaOptions, ReplicaState } from './client/replica.js';
export type {
  Attempt,
  AttemptOutcome,
  CallKind,
  CallOutcome,
  ClientMiddleware,
  OutgoingCall,
  OutgoingMetadata,
} from './client/middleware.js';
export type { ReadyOptions } from './client/ready.js';
export type { ErrorReason } from './client/error-reason.js';
export type { ErrorInfoFields, FieldViolation } from './client/error-details.js';
export type { MetadataInit, ReceivedMetadata } from './client/metadata.js';
export type {
  ChannelState,
  ConnectOptions,
  KeepaliveOptions,
  Pem,
  RetryOptions,
  TlsOptions,
  TokenSource,
} from './client/options.js';
export { RpcError, type CodeName } from './client/rpc-error.js';
export type { ServiceClient } from './client/service-client.js';
export type { Target } from './client/target.js';
export { ImportMatch, PersonOrder, PhoneType } from '../gen/personguide/person_guide.js';
export type {
  AddressBook,
  Adress,
  BatchGetPersonsResponse,
  DeletePersonResponse,
  EmailAddress,
  ImportFault,
  ImportPersonsResponse,
  Person,
  PersonMatch,
  PersonResult,
  PhoneNumber,
  QueryPersonsResponse,
  SearchPersonsResponse,
  WatchPersonsResponse,
} from '../gen/personguide/person_guide.js';
export type {
  DeleteUserResponse,
  FindUserRequest,
  GetUserRequest,
  ListUsersResponse,
  Response,
  UserRequest,
  UserRequests,
} from '../gen/grpcUser/user.js';
