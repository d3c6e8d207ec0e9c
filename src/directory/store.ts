import type { UserRequest } from '../../gen/grpcUser/user.js';
import type { AddressBook, Person } from '../../gen/personguide/person_guide.js';
import type { Encoded } from './encoded.js';

/** What a person is looked up by. */
export type PersonKey = { readonly id: number } | { readonly email: string };

/** What a user is looked up by. Emails are compared by `userEmailKey` of user-row.ts. */
export type UserKey = { readonly id: number } | { readonly email: string };

/** A position in a list that is ordered by id, and how many messages to read from there. */
export interface PageRequest {
  /** Only ids above this one. */
  readonly afterId: number;
  /** At most this many; 1 or more. A driver may return fewer, to keep a page near 1 MiB. */
  readonly limit: number;
}

/** A page of people. */
export interface PeoplePageRequest extends PageRequest {
  /** Only people with an address of this key (see `addressKey` of person-row.ts). */
  readonly addressKey?: string | undefined;
}

/** A page of users. */
export interface UsersPageRequest extends PageRequest {
  /** Only users with this flag. */
  readonly verified: boolean;
}

/** Part of a list that is ordered by id. */
export interface Page<T> {
  readonly messages: readonly Encoded<T>[];
  /** The `afterId` of the next page; that of the request if this page is empty. */
  readonly lastId: number;
  /** Whether the list ends here. A page that is not `done` has at least one message. */
  readonly done: boolean;
}

/** Identifies a write, so that a retry of it is not done a second time. */
export interface IdempotencyKey {
  /** The key that the caller chose, unique per method. */
  readonly key: string;
  /** The full method name, such as `/grpcUser.UserService/AddUser`. */
  readonly method: string;
  /** A digest of the request. The same key with another digest is a conflict. */
  readonly digest: string;
}

/**
 * The part of an AbortSignal that stores use. An AbortSignal is one; a server passes its calls, since
 * creating an AbortSignal for each would take 3 us.
 */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Options of every call. */
export interface ReadOptions {
  /**
   * Ends the call early: it rejects with the reason of the signal. A call whose signal is aborted
   * beforehand does not reach the engine.
   */
  readonly signal?: CancelSignal | undefined;
}

/** Options of a call that writes. If its signal aborts before the transaction, nothing is written. */
export interface WriteOptions extends ReadOptions {
  /**
   * Makes the write safe to retry: its result is stored in the same transaction, and a retry gets
   * that result for RESULT_LIFETIME_MS.
   */
  readonly idempotencyKey?: IdempotencyKey | undefined;
}

/** The people of a directory. */
export interface PeopleStore {
  /**
   * Finds people by their keys, in the order of the keys; undefined where no person has the key.
   * An email is matched exactly; of several people with it, the one with the lowest id.
   */
  findPeople(
    keys: readonly PersonKey[],
    options?: ReadOptions,
  ): Promise<readonly (Encoded<Person> | undefined)[]>;

  /** Lists people in ascending order of id. Each page is a snapshot of its own. */
  listPeople(page: PeoplePageRequest, options?: ReadOptions): Promise<Page<Person>>;

  /**
   * Creates or replaces people, all or none, in one transaction, as `planRecording` of
   * person-row.ts decides. Ids that it assigns are above all ids stored so far; gaps may occur.
   * Resolves with the people as stored, in order, each id once, at the place of its last message.
   * Rejects with NO_ID_LEFT, and with IDEMPOTENCY_KEY_REUSED.
   */
  recordPeople(people: readonly Person[], options?: WriteOptions): Promise<Encoded<AddressBook>>;

  /** Whether there is at least one person. */
  hasPeople(options?: ReadOptions): Promise<boolean>;
}

/** The users of a directory. */
export interface UserStore {
  /**
   * Adds a user under an id above all others (gaps may occur), whatever id the message has, and
   * resolves with the user as stored. Rejects with EMAIL_TAKEN if another user has the email (by
   * `userEmailKey`), with NO_ID_LEFT, and with IDEMPOTENCY_KEY_REUSED.
   */
  addUser(user: UserRequest, options?: WriteOptions): Promise<Encoded<UserRequest>>;

  /** Finds a user; undefined if no user has the key. */
  findUser(key: UserKey, options?: ReadOptions): Promise<Encoded<UserRequest> | undefined>;

  /** Lists the users with that flag in ascending order of id. Each page is a snapshot of its own. */
  listUsers(page: UsersPageRequest, options?: ReadOptions): Promise<Page<UserRequest>>;
}

/** The results of writes with an idempotency key. */
export interface IdempotencyStore {
  /**
   * Finds the result of a write that was done with this key; undefined if there is none or it has
   * expired. Rejects with IDEMPOTENCY_KEY_REUSED if the write had another digest.
   */
  findResult(key: IdempotencyKey, options?: ReadOptions): Promise<Uint8Array | undefined>;
}

/** A result of a write with an idempotency key, as a store keeps it. */
export interface KeptResult extends IdempotencyKey {
  readonly result: Uint8Array;
  /** When the write was done, in milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** Part of the content of a store. */
export type StoreBatch =
  | { readonly kind: 'people'; readonly messages: readonly Encoded<Person>[] }
  | { readonly kind: 'users'; readonly messages: readonly Encoded<UserRequest>[] }
  | { readonly kind: 'results'; readonly results: readonly KeptResult[] }
  | {
      readonly kind: 'counters';
      /** The first id that was never assigned. */
      readonly firstFreeIds: { readonly people: number; readonly users: number };
    };

/** Moving the whole content of a store to another one. */
export interface TransferStore {
  /**
   * Reads everything, in the same order on every engine: people by id, users by id, results by
   * method and key, counters. The batches are not one snapshot: stop writing before.
   */
  exportAll(options?: ReadOptions): AsyncGenerator<StoreBatch, void, undefined>;

  /**
   * Writes all batches in one transaction. Rejects with STORE_NOT_EMPTY if there are people or
   * users. Until it has settled, no other write may be made.
   */
  importAll(batches: AsyncIterable<StoreBatch>, options?: ReadOptions): Promise<void>;
}

/**
 * Where a directory keeps its data. One suite (contract/store-suite.ts) tests every driver.
 *
 * A driver MUST
 * - resolve a write only when it is durable: it survives `kill -9` and a power loss;
 * - make each write atomic: all of it or none of it, and without effect on concurrent writes;
 * - not write if the signal of the call was aborted before its transaction began;
 * - never hold a transaction, a statement or a connection while its caller does something else;
 * - order and compare by id and by exact bytes, never by a locale;
 * - assign ids from counters that it keeps: never one twice, above all that are stored, whichever
 *   process wrote them;
 * - reject with a DirectoryError for everything that a caller may see, and with STORE_CLOSED after
 *   `close`; the reason of an aborted signal is passed on unchanged;
 * - never change a message after it has resolved with it.
 */
export interface Store extends PeopleStore, UserStore, IdempotencyStore, TransferStore {
  /** Reads from the engine. Rejects with `unavailable` if the store cannot serve requests. */
  check(options?: ReadOptions): Promise<void>;

  /** Finishes pending writes and releases everything. A second call does nothing. */
  close(): Promise<void>;
}
