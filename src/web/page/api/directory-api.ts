import {
  GetStatusRequest,
  GetStatusResponse,
} from '../../../../gen/personguide/admin/v1/status.js';
import {
  DeleteUserRequest,
  DeleteUserResponse,
  ListUsersRequest,
  ListUsersResponse,
  Response,
  UpdateUserRequest,
  UpdateUserResponse,
  UserRequest,
} from '../../../../gen/grpcUser/user.js';
import {
  Adress,
  CreatePersonRequest,
  CreatePersonResponse,
  DeletePersonRequest,
  DeletePersonResponse,
  GetPersonRequest,
  GetPersonResponse,
  ImportPersonsRequest,
  ImportPersonsResponse,
  QueryPersonsRequest,
  SearchPersonsRequest,
  SearchPersonsResponse,
  UndeletePersonRequest,
  UndeletePersonResponse,
  UpdatePersonRequest,
  UpdatePersonResponse,
  WatchPersonsRequest,
  WatchPersonsResponse,
  type Person,
} from '../../../../gen/personguide/person_guide.js';
import { readPersonPage, type PersonPage } from '../list/person-page.js';
import { newKey, type CallOptions, type Method, type Transport } from './transport.js';
import type { Scope, Session } from './session.js';

const PEOPLE = 'personguide.PersonGuide';
const USERS = 'grpcUser.UserService';
const STATUS = 'personguide.admin.v1.StatusService';

// The generated definitions name all messages: those that the page does not use would be in it, too.
const people = {
  getPerson: method('GetPerson', GetPersonRequest, GetPersonResponse),
  searchPersons: method('SearchPersons', SearchPersonsRequest, SearchPersonsResponse),
  createPerson: method('CreatePerson', CreatePersonRequest, CreatePersonResponse),
  updatePerson: method('UpdatePerson', UpdatePersonRequest, UpdatePersonResponse),
  deletePerson: method('DeletePerson', DeletePersonRequest, DeletePersonResponse),
  undeletePerson: method('UndeletePerson', UndeletePersonRequest, UndeletePersonResponse),
};
const users = {
  listUsers: method('ListUsers', ListUsersRequest, ListUsersResponse),
  addUser: method('AddUser', UserRequest, Response),
  updateUser: method('UpdateUser', UpdateUserRequest, UpdateUserResponse),
  deleteUser: method('DeleteUser', DeleteUserRequest, DeleteUserResponse),
};
const getStatus = method('GetStatus', GetStatusRequest, GetStatusResponse);

function method<Request, Response>(
  name: string,
  requestType: Method<Request, Response>['requestType'],
  responseType: Method<Request, Response>['responseType'],
): Method<Request, Response> {
  return { name, requestType, responseType };
}

/** What a page of users has. */
export interface UserPage {
  readonly users: readonly UserRequest[];
  readonly nextPageToken: string;
}

/** The calls of the page. All reject with a CallError, and with the reason of an aborted signal. */
export class DirectoryApi {
  readonly #transport: Transport;
  readonly #session: Session;

  constructor(transport: Transport, session: Session) {
    this.#transport = transport;
    this.#session = session;
  }

  async queryPersons(
    request: Partial<QueryPersonsRequest>,
    signal?: AbortSignal,
  ): Promise<PersonPage> {
    const body = QueryPersonsRequest.encode(QueryPersonsRequest.fromPartial(request)).finish();
    return this.#noted('people:read', async () => {
      const path = `${PEOPLE}/QueryPersons`;
      return readPersonPage(await this.#transport.unaryBytes(path, body, { signal }));
    });
  }

  async getPerson(id: number, signal?: AbortSignal): Promise<Person> {
    const request = { key: { key: { $case: 'id' as const, value: id } }, showDeleted: false };
    const { person } = await this.#people('people:read', people.getPerson, request, { signal });
    return present(person);
  }

  async searchPersons(
    query: string,
    pageToken: string,
    signal?: AbortSignal,
  ): Promise<SearchPersonsResponse> {
    const request = { query, pageSize: 50, pageToken };
    return this.#people('people:read', people.searchPersons, request, { signal });
  }

  async createPerson(person: Person): Promise<Person> {
    const response = await this.#write(people.createPerson, { person });
    return present(response.person);
  }

  /** Changes the named fields of a person; with an etag, only if it is the current one. */
  async updatePerson(person: Person, paths: readonly string[]): Promise<Person> {
    const request = { person, updateMask: [...paths], allowMissing: false };
    return present((await this.#write(people.updatePerson, request)).person);
  }

  async deletePerson(id: number, etag: string): Promise<Person> {
    const request = { id, etag, allowMissing: false };
    return present((await this.#write(people.deletePerson, request)).person);
  }

  async undeletePerson(id: number): Promise<Person> {
    return present((await this.#write(people.undeletePerson, { id })).person);
  }

  /** Streams all people as encoded messages, by id. */
  listPersons(signal: AbortSignal): AsyncIterable<Uint8Array> {
    const request = Adress.encode(Adress.fromPartial({})).finish();
    const path = `${PEOPLE}/ListPersons`;
    return this.#transport.stream(path, [request], (bytes) => bytes, signal);
  }

  /** Follows all people, from the token or from now. */
  watchPersons(syncToken: string, signal: AbortSignal): AsyncIterable<WatchPersonsResponse> {
    const start: WatchPersonsRequest['start'] =
      syncToken === '' ? { $case: 'now', value: true } : { $case: 'syncToken', value: syncToken };
    const request = WatchPersonsRequest.fromPartial({ start });
    const bytes = WatchPersonsRequest.encode(request).finish();
    const path = `${PEOPLE}/WatchPersons`;
    return this.#transport.stream(
      path,
      [bytes],
      (response) => WatchPersonsResponse.decode(response),
      signal,
    );
  }

  /** Makes one call of an import: its options, then batches. */
  importPersons(
    requests: readonly Uint8Array[],
    signal: AbortSignal,
  ): AsyncIterable<ImportPersonsResponse> {
    const path = `${PEOPLE}/ImportPersons`;
    return this.#transport.stream(
      path,
      requests,
      (response) => ImportPersonsResponse.decode(response),
      signal,
    );
  }

  async listUsers(
    query: string,
    verified: boolean | undefined,
    pageToken: string,
    signal?: AbortSignal,
  ): Promise<UserPage> {
    const request = { pageSize: 100, pageToken, verified, query };
    return this.#users('users:read', users.listUsers, request, { signal });
  }

  async addUser(user: UserRequest): Promise<void> {
    await this.#users('users:write', users.addUser, user, { idempotencyKey: newKey() });
  }

  async updateUser(user: UserRequest, paths: readonly string[]): Promise<void> {
    const request = { user, updateMask: [...paths] };
    await this.#users('users:write', users.updateUser, request, { idempotencyKey: newKey() });
  }

  async deleteUser(id: number, etag: string): Promise<void> {
    const request = { id, etag, allowMissing: false };
    await this.#users('users:write', users.deleteUser, request, { idempotencyKey: newKey() });
  }

  /** Reads how the server is, and what the caller may do. */
  async getStatus(signal?: AbortSignal): Promise<GetStatusResponse> {
    return this.#noted(undefined, () => this.#transport.unary(STATUS, getStatus, {}, { signal }));
  }

  #write<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return this.#people('people:write', method, request, { idempotencyKey: newKey() });
  }

  #people<Request, Response>(
    scope: Scope,
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response> {
    return this.#noted(scope, () => this.#transport.unary(PEOPLE, method, request, options));
  }

  #users<Request, Response>(
    scope: Scope,
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response> {
    return this.#noted(scope, () => this.#transport.unary(USERS, method, request, options));
  }

  async #noted<Result>(scope: Scope | undefined, call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      this.#session.noteError(error, scope);
      throw error;
    }
  }
}

function present<Message>(message: Message | undefined): Message {
  if (message === undefined) throw new TypeError('the response has no message');
  return message;
}

/** Encodes a request of an import. */
export function encodeImport(request: Partial<ImportPersonsRequest>): Uint8Array {
  return ImportPersonsRequest.encode(ImportPersonsRequest.fromPartial(request)).finish();
}
