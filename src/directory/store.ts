import type { UserRequest } from '../../gen/grpcUser/user.js';
import type { AddressBook, ImportFault, Person } from '../../gen/personguide/person_guide.js';
import type { Encoded } from './encoded.js';
import type { FreeIds } from './free-ids.js';
import type { Match } from './match.js';
import type { PersonField } from './person-fields.js';
import type { RecordedPeople } from './recorded-people.js';
import type { Reading } from './search-words.js';
import type { UserField } from './user-fields.js';

/** What a person is looked up by. */
export type PersonKey = { readonly id: number } | { readonly email: string };

/** What a user is looked up by. Emails are compared by `userEmailKey` of user-row.ts. */
export type UserKey = { readonly id: number } | { readonly email: string };

/** What GetPerson looks a person up by. */
export type PersonLookup =
  | { readonly id: number }
  /** Any email of the person, `emails` included, by exact bytes. */
  | { readonly email: string }
  /** A phone as the caller wrote it; compared by `phoneKeys` of phone-key.ts. */
  | { readonly phone: string }
  | { readonly externalId: string };

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
  /** Only users with this flag; all users if undefined. */
  readonly verified?: boolean | undefined;
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
   * Makes the write safe to retry: its result is stored in the same transaction, and for
   * RESULT_LIFETIME_MS a retry writes nothing and gets that result; of recordPeople the same people,
   * as they are stored by then (see kept-result.ts).
   */
  readonly idempotencyKey?: IdempotencyKey | undefined;
}

/** A transaction of writes that a store has committed. */
export interface Commit {
  /** From its begin until it was durable. */
  readonly durationMs: number;
  /** How many writes of callers it had, those that failed alone included. */
  readonly writes: number;
}

/** How far the index of searches is behind what was written. */
export interface SearchLag {
  /** How many revisions of people it lacks. */
  readonly revisions: number;
  /** For how long it has lacked something, as far as this process knows; 0 if it lacks nothing. */
  readonly seconds: number;
}

/** What an operator watches; a size is undefined where there is none, or none is known. */
export interface StoreStatistics {
  readonly databaseBytes?: number | undefined;
  /** The write-ahead log of a SQLite file. */
  readonly walBytes?: number | undefined;
  /** What is left on the disk of a SQLite file. */
  readonly freeDiskBytes?: number | undefined;
  /** Connections of this process to its database server. */
  readonly pool?: PoolStatistics | undefined;
  readonly searchLag: SearchLag;
}

/** The connections of a pool. */
export interface PoolStatistics {
  readonly open: number;
  readonly idle: number;
  /** How many operations wait for a connection. */
  readonly waiting: number;
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
   * person-row.ts decides. Ids that it assigns are above all ids stored so far, as free-ids.ts says;
   * gaps may occur. Resolves with the people as stored, in order, each id once, at the place of its last message.
   * Rejects with NO_ID_LEFT, and with IDEMPOTENCY_KEY_REUSED. The bytes of a book belong to the store
   * from then on.
   */
  recordPeople(people: RecordedPeople, options?: WriteOptions): Promise<Encoded<AddressBook>>;

  /** Whether there is at least one person. */
  hasPeople(options?: ReadOptions): Promise<boolean>;
}

/** One change of one person, as data: a driver may run it in another thread. */
export type PersonChange =
  | { readonly kind: 'create'; readonly person: Person }
  | {
      readonly kind: 'update';
      readonly person: Person;
      /** Fields of Person as TypeScript spells them; see `fieldsOfMask` of person-fields.ts. */
      readonly fields: readonly PersonField[];
      /** The etag that the person must have; empty for any. */
      readonly etag: string;
      readonly allowMissing: boolean;
    }
  | {
      readonly kind: 'delete';
      readonly id: number;
      readonly etag: string;
      readonly allowMissing: boolean;
    }
  | { readonly kind: 'undelete'; readonly id: number };

/** Changing people one by one. Each change is planned by `planChange` of person-change.ts. */
export interface PeopleChangeStore {
  /**
   * Makes one change in one transaction. Resolves with the person as stored, or with no bytes if
   * there is none and the change allows that. Rejects with PERSON_NOT_FOUND, PERSON_EXISTS,
   * PERSON_NOT_DELETED, EXTERNAL_ID_TAKEN, ETAG_MISMATCH, NO_ID_LEFT and IDEMPOTENCY_KEY_REUSED.
   */
  changePerson(change: PersonChange, options?: WriteOptions): Promise<Encoded<Person>>;

  /**
   * Removes people for good who were deleted before that time, at most `limit` of them, and
   * resolves with their number. From then on positions before their deletion are expired.
   */
  purgeDeleted(before: Date, limit: number, options?: ReadOptions): Promise<number>;
}

/** Where the next page of a query starts; of the same order as the query. */
export type QueryPosition =
  | { readonly order: 'id'; readonly afterId: number }
  /** `nameKey` as in name-key.ts. */
  | { readonly order: 'name'; readonly afterNameKey: string; readonly afterId: number }
  /** The rest of that revision, with ids above the given one, and then all before it. */
  | { readonly order: 'last-updated'; readonly belowRevision: number; readonly afterId: number };

/** A page of QueryPersons. */
export interface PeopleQuery {
  readonly order: QueryPosition['order'];
  /** Undefined for the first page. */
  readonly position: QueryPosition | undefined;
  /** At most this many; 1 or more. A driver may return fewer, even none; see `next`. */
  readonly limit: number;
  readonly addressKey?: string | undefined;
  /** By `labelKey` of person-row.ts. */
  readonly labelKey?: string | undefined;
  readonly showDeleted: boolean;
}

/** What a query found. */
export interface PeopleQueryPage {
  readonly messages: readonly Encoded<Person>[];
  /** Where the next page starts; undefined after the last one. */
  readonly next: QueryPosition | undefined;
}

/** Finding people. */
export interface PeopleQueryStore {
  /**
   * Finds people, in the order of the lookups; undefined where there is no such person. Of several
   * people the one with the lowest id, and a deleted one (only with `showDeleted`) after all others.
   */
  lookUpPeople(
    lookups: readonly PersonLookup[],
    options?: ReadOptions & { readonly showDeleted?: boolean },
  ): Promise<readonly (Encoded<Person> | undefined)[]>;

  /**
   * Reads one page, in the order of the query. Reads a bounded number of rows: a page of a rare
   * address or label in an order other than by id may be empty and yet have a `next`.
   */
  queryPeople(query: PeopleQuery, options?: ReadOptions): Promise<PeopleQueryPage>;

  /** The number of people who are not deleted, without counting rows. */
  countPeople(options?: ReadOptions): Promise<number>;
}

/** Searching people. */
export interface SearchStore {
  /** The country of phone numbers that do not name theirs, such as `AR`; empty for none. */
  readonly defaultCountry: string;

  /**
   * Finds the people who match at least one of the readings, as `matchOf` of match.ts decides: by
   * rank, then in ascending order of id. Finds everyone who was written before the call.
   */
  findMatches(
    readings: readonly Reading[],
    page: MatchPage,
    options?: ReadOptions,
  ): Promise<readonly FoundMatch[]>;
}

/** Part of what a search finds. */
export interface MatchPage {
  /** The last of the previous page, who may have gone meanwhile; undefined to start at the best. */
  readonly after: { readonly rank: number; readonly id: number } | undefined;
  readonly limit: number;
}

/** A person whom a search has found. */
export interface FoundMatch extends Match {
  readonly id: number;
  readonly message: Encoded<Person>;
}

/**
 * A place in the order of changes. Each write has a revision above those of all writes that were
 * committed before it; the people of one write are ordered by id.
 */
export interface ChangePosition {
  readonly revision: number;
  /** The last id of that revision that was read; MAX_ID if it was read to its end. */
  readonly id: number;
}

/** The current state of a person who has changed. */
export interface PersonState {
  readonly id: number;
  readonly revision: number;
  readonly message: Encoded<Person>;
  readonly deleted: boolean;
}

/** A page of changes. */
export interface ChangePage {
  /** Each person once, by the last change; in ascending order of position. */
  readonly people: readonly PersonState[];
  /** Where the next page starts; at the end of the changes, that end. */
  readonly position: ChangePosition;
  /** Whether there was nothing after the page when it was read. */
  readonly done: boolean;
}

/** Following changes. */
export interface ChangeStore {
  /** The position after all changes that are committed. */
  currentPosition(options?: ReadOptions): Promise<ChangePosition>;

  /**
   * Reads what has changed after a position, as it is now. Rejects with SYNC_TOKEN_EXPIRED if
   * people who were deleted after it have been purged, and if it is after currentPosition.
   */
  readChanges(after: ChangePosition, limit: number, options?: ReadOptions): Promise<ChangePage>;

  /**
   * Calls `listener` soon after people were changed, by whichever process; several changes may be
   * one call. Costs nothing while nothing changes. Returns a function that ends this.
   */
  onChange(listener: () => void): () => void;
}

/** Which stored person an imported one updates; see `ImportMatch` of the proto. */
export type ImportMatchBy = 'none' | 'id' | 'external-id' | 'email';

/** A person to import: a message, or its wire form as `encodeRecorded` encodes it. */
export interface ImportedPerson {
  readonly index: number;
  readonly person: Person | Encoded<Person>;
}

/** People to import in one transaction; planned by `planImport` of import-plan.ts. */
export interface ImportBatch {
  /** Valid people only, each with its place in the import, in ascending order. */
  readonly people: readonly ImportedPerson[];
  /** The faults of the invalid people of the batch; stored with an `importId`. */
  readonly faults: readonly ImportFault[];
  readonly match: ImportMatchBy;
  readonly dryRun: boolean;
  /** Undefined for an import that cannot be resumed. */
  readonly importId: string | undefined;
  /** How many people of the import are done before this batch, and after it. */
  readonly committedBefore: number;
  readonly committedAfter: number;
}

/** How far an import is. */
export interface ImportProgress {
  readonly committed: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** What a batch did. */
export interface ImportOutcome {
  /** Of this batch alone. */
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Those of the batch, and those that the store found, in ascending order of index. */
  readonly faults: readonly ImportFault[];
  /** The ids of the people whom the batch has created or changed. */
  readonly writtenIds: readonly number[];
}

/** Importing people. */
export interface ImportStore {
  /**
   * Imports one batch in one transaction, in which the progress of its `importId` is stored too.
   * A dry run finds out the same and writes nothing. Rejects with IMPORT_CONFLICT if another call
   * has moved the import on since `committedBefore`.
   */
  importPeople(batch: ImportBatch, options?: ReadOptions): Promise<ImportOutcome>;

  /** The progress of an import that was made in the last 7 days; undefined if there is none. */
  findImport(importId: string, options?: ReadOptions): Promise<ImportProgress | undefined>;

  /** The stored faults of an import with an index above `afterIndex`, at most `limit`, in order. */
  listImportFaults(
    importId: string,
    afterIndex: number,
    limit: number,
    options?: ReadOptions,
  ): Promise<readonly ImportFault[]>;
}

/** One change of one user, as data. */
export type UserChange =
  | {
      readonly kind: 'update';
      readonly user: UserRequest;
      readonly fields: readonly UserField[];
      readonly etag: string;
    }
  | {
      readonly kind: 'delete';
      readonly id: number;
      readonly etag: string;
      readonly allowMissing: boolean;
    };

/** Changing users one by one. Each change is planned by `planUserChange` of user-row.ts. */
export interface UserChangeStore {
  /**
   * Makes one change in one transaction. Resolves with the user as stored (before, if deleted), or
   * with no bytes if there is none and the change allows that. Rejects with USER_NOT_FOUND,
   * EMAIL_TAKEN, ETAG_MISMATCH and IDEMPOTENCY_KEY_REUSED.
   */
  changeUser(change: UserChange, options?: WriteOptions): Promise<Encoded<UserRequest>>;
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

  /** Lists users in ascending order of id. Each page is a snapshot of its own. */
  listUsers(page: UsersPageRequest, options?: ReadOptions): Promise<Page<UserRequest>>;
}

/** The results of writes with an idempotency key. */
export interface IdempotencyStore {
  /**
   * Finds what a retry of a write that was done with this key gets; undefined if there was none or
   * it has expired. Rejects with IDEMPOTENCY_KEY_REUSED if the write had another digest.
   */
  findResult(key: IdempotencyKey, options?: ReadOptions): Promise<Uint8Array | undefined>;
}

/** A key for callers, as a store keeps it. */
export interface KeyRow {
  /** 16 hexadecimal digits; part of what the caller sends. */
  readonly id: string;
  /** Unique among the keys that are not revoked. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** SHA-256 of the secret part of what the caller sends. */
  readonly secretHash: Uint8Array;
  /** Times are in milliseconds since 1970. */
  readonly createdAtMs: number;
  /** Undefined: never. */
  readonly expiresAtMs: number | undefined;
  /** Undefined: not revoked. */
  readonly revokedAtMs: number | undefined;
}

/** The keys by which callers are known. A revoked key stays, so that its id is never another's. */
export interface KeyStore {
  /** Adds a key. Rejects with KEY_NAME_TAKEN if a key that is not revoked has the name. */
  addKey(key: KeyRow, options?: WriteOptions): Promise<void>;

  /** Finds a key by its id, also a revoked or expired one. */
  findKey(id: string, options?: ReadOptions): Promise<KeyRow | undefined>;

  /** All keys, in the order of creation and then of id. There are few: they are one array. */
  listKeys(options?: ReadOptions): Promise<readonly KeyRow[]>;

  /**
   * Revokes the key with that name or id, and resolves with it; undefined if there is none that is
   * not revoked.
   */
  revokeKey(nameOrId: string, at: Date, options?: WriteOptions): Promise<KeyRow | undefined>;
}

/** The result of a write, as it is kept for a retry: the message itself, or the ids of its people. */
export interface KeptMessage {
  readonly keptAs: 'message' | 'people';
  readonly bytes: Uint8Array;
}

/** A result of a write with an idempotency key, as a store keeps it. */
export interface KeptResult extends IdempotencyKey {
  readonly result: KeptMessage;
  /** When the write was done, in milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** The progress of an import, as a store keeps it. */
export interface KeptImport extends ImportProgress {
  readonly importId: string;
  /** When its last batch was imported, in milliseconds since 1970. */
  readonly changedAtMs: number;
}

/** A fault of an import, as a store keeps it. */
export interface KeptFault {
  readonly importId: string;
  readonly fault: ImportFault;
}

/** Part of the content of a store. The etag of a person has the revision; see person-row.ts. */
export type StoreBatch =
  | { readonly kind: 'people'; readonly messages: readonly Encoded<Person>[] }
  | { readonly kind: 'deleted-people'; readonly messages: readonly Encoded<Person>[] }
  | { readonly kind: 'users'; readonly messages: readonly Encoded<UserRequest>[] }
  | { readonly kind: 'results'; readonly results: readonly KeptResult[] }
  | { readonly kind: 'imports'; readonly imports: readonly KeptImport[] }
  | { readonly kind: 'import-faults'; readonly faults: readonly KeptFault[] }
  | { readonly kind: 'keys'; readonly keys: readonly KeyRow[] }
  | {
      readonly kind: 'counters';
      readonly freePersonIds: FreeIds;
      /** The first id of users that was never assigned. */
      readonly firstFreeUserId: number;
      /** The revision of the last write of people, and the highest one that was purged. */
      readonly revisions: { readonly last: number; readonly purged: number };
    };

/** Moving the whole content of a store to another one. */
export interface TransferStore {
  /**
   * Reads everything, in the same order on every engine: people by id, deleted people by id, users
   * by id, results by method and key, imports by their id, faults by import and index, keys,
   * counters. The batches are not one snapshot: stop writing before.
   */
  exportAll(options?: ReadOptions): AsyncGenerator<StoreBatch, void, undefined>;

  /**
   * Writes all batches in one transaction. Rejects with STORE_NOT_EMPTY if there are people, deleted
   * or not, or users. Until it has settled, no other write may be made.
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
 * - assign ids from counters that it keeps: never one that is stored, whichever process wrote it, and
 *   never one twice as long as some were never used; those of people as free-ids.ts says;
 * - reject with a DirectoryError for everything that a caller may see, and with STORE_CLOSED after
 *   `close`; the reason of an aborted signal is passed on unchanged;
 * - never change a message after it has resolved with it.
 */
export interface Store
  extends
    PeopleStore,
    PeopleChangeStore,
    PeopleQueryStore,
    SearchStore,
    ChangeStore,
    ImportStore,
    UserStore,
    UserChangeStore,
    IdempotencyStore,
    KeyStore,
    TransferStore {
  /** Reads from the engine. Rejects with `unavailable` if the store cannot serve requests. */
  check(options?: ReadOptions): Promise<void>;

  /** Sizes and delays as they are now. Costs little: it may be called every few seconds. */
  statistics(options?: ReadOptions): Promise<StoreStatistics>;

  /** Finishes pending writes and releases everything. A second call does nothing. */
  close(): Promise<void>;
}
