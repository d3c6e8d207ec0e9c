import type { UserRequest } from '../../gen/grpcUser/user.js';
import type { AddressBook, Person } from '../../gen/personguide/person_guide.js';
import type { Encoded } from './encoded.js';

/** What a person is looked up by. */
export type PersonKey = { readonly id: number } | { readonly email: string };

/** What a user is looked up by. Emails are compared by `userEmailKey` of user-row.ts. */
export type UserKey = { readonly id: number } | { readonly email: string };

/** A position in a list that is ordered by id, and how far to read from there. */
export interface PageRequest {
  /** Only ids above this one. */
  readonly afterId: number;
  /** At most this many; 1 or more. A driver may answer with fewer, to keep a page near 1 MiB. */
  readonly limit: number;
}

/** Part of a list that is ordered by id. */
export interface Page<T> {
  readonly messages: readonly Encoded<T>[];
  /** The `afterId` of the next page; that of the request if this page is empty. */
  readonly lastId: number;
  /** Whether the list ends here. A page that is not `done` has at least one message. */
  readonly done: boolean;
}

/** Makes a write safe to repeat. */
export interface Once {
  /** The caller's idempotency key, unique per method. */
  readonly key: string;
  /** The full method name, such as `/grpcUser.UserService/AddUser`. */
  readonly method: string;
  /** A digest of the request: the same key with another digest is refused. */
  readonly fingerprint: string;
}

/** How a write is done. */
export interface WriteOptions {
  /** Repeat-safe: the first answer is kept with the write, and given again for 24 hours. */
  readonly once?: Once | undefined;
}

/**
 * Where people and users are kept. One suite (contract/store-suite.ts) holds every driver to this.
 *
 * A driver MUST
 * - answer a write only when it is durable: it survives `kill -9` and a power loss;
 * - make each write atomic: all of it or none of it, and no effect on writes beside it;
 * - never hold a transaction or a statement open across an await of its caller;
 * - order and compare by id and by exact bytes, never by a locale;
 * - reject with a DirectoryError whatever a caller may see, `unavailable` once it is closed;
 * - resolve with messages nobody changes afterwards.
 */
export interface Store {
  /**
   * Finds people by their keys, in the order of the keys; undefined where nobody is.
   * An email is matched exactly; of several people with it, the one with the lowest id.
   */
  findPeople(keys: readonly PersonKey[]): Promise<readonly (Encoded<Person> | undefined)[]>;

  /**
   * Lists people in ascending order of id: everyone, or those with an address of that key
   * (see `addressKey` of person-row.ts). Each call is a snapshot of its own.
   */
  listPeople(page: PageRequest, addressKey?: string): Promise<Page<Person>>;

  /**
   * Creates or replaces people, all or none, in one transaction, by `planRecording` of person-row.ts:
   * the ids it gives out are above all ids stored so far.
   * Resolves with the people as stored, in order, each id once, at the place of its last message.
   * Rejects with `exhausted` when no id is left, and with `conflict` when the idempotency key was
   * used for another request.
   */
  recordPeople(people: readonly Person[], options?: WriteOptions): Promise<Encoded<AddressBook>>;

  /** Whether anybody is recorded. */
  hasPeople(): Promise<boolean>;

  /**
   * Adds a user under the next id above all others and resolves with the user as stored.
   * Rejects with `already-exists` when another user has the email (by `userEmailKey`), with
   * `exhausted` when no id is left, and with `conflict` as recordPeople does.
   */
  addUser(user: UserRequest, options?: WriteOptions): Promise<Encoded<UserRequest>>;

  /** Finds a user, or resolves with undefined. */
  findUser(key: UserKey): Promise<Encoded<UserRequest> | undefined>;

  /** Lists the users with that verified flag in ascending order of id. */
  listUsers(page: PageRequest, verified: boolean): Promise<Page<UserRequest>>;

  /** Resolves when the store can answer, rejects with `unavailable` when it cannot. */
  check(): Promise<void>;

  /** Finishes the writes under way and lets go of everything. A second call does nothing. */
  close(): Promise<void>;
}
