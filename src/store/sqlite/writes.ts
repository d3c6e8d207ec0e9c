import type { UserRequest } from '../../../gen/grpcUser/user.js';
import { AddressBook } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { encodedPeople } from '../../directory/recorded-people.js';
import type {
  IdempotencyKey,
  ImportBatch,
  ImportOutcome,
  KeyRow,
  PersonChange,
  UserChange,
} from '../../directory/store.js';
import type { Database } from './database.js';
import { preparePeopleImport, type PeopleImport } from './people-import.js';
import { preparePersonChanges } from './person-changes.js';
import type { SearchIndex } from './search-index.js';
import type { Tables } from './tables.js';
import { prepareTrialWrite } from './trial-write.js';

/** A batch of an import whose people are one encoded message; it crosses threads in less time. */
export type PackedImport = Omit<ImportBatch, 'people'> & {
  readonly indexes: readonly number[];
  readonly people: Encoded<AddressBook>;
};

/** A new user; an array crosses threads in half the time of an object. */
export type UserFields = readonly [
  firstName: string,
  lastName: string,
  address: string,
  verified: boolean,
  email: string,
];

export function userFields(user: UserRequest): UserFields {
  return [user.firstName, user.lastName, user.address, user.verified, user.email];
}

function toUser([firstName, lastName, address, verified, email]: UserFields): UserRequest {
  return { firstName, lastName, address, verified, id: 0, email, etag: '' };
}

/**
 * Everything that a write can be, as a function of one argument, which can be sent to another
 * thread. All of them must be called within a transaction.
 */
export interface Writes {
  recordPeople(people: Encoded<AddressBook>, at: Date): Uint8Array;
  changePerson(change: PersonChange, at: Date): Uint8Array;
  purgeDeleted(purge: { readonly before: Date; readonly limit: number }): number;
  importPeople(batch: PackedImport, at: Date): ImportOutcome;
  addUser(user: UserFields): Uint8Array;
  changeUser(change: UserChange): Uint8Array;
  addKey(key: KeyRow): void;
  revokeKey(revocation: { readonly nameOrId: string; readonly at: Date }): KeyRow | undefined;
  insertTrial(): void;
  removeTrial(): void;
}

/** The name of a write. */
export type WriteName = keyof Writes;

/** A write as data. */
export interface Write<Name extends WriteName = WriteName> {
  readonly name: Name;
  readonly argument: Parameters<Writes[Name]>[0];
  /** Only for writes that return bytes. */
  readonly idempotencyKey?: IdempotencyKey | undefined;
}

/** Writes that change nothing unless their only failing statement succeeds: they need no savepoint. */
export const SINGLE_STATEMENTS: ReadonlySet<WriteName> = new Set<WriteName>([
  'addUser',
  'addKey',
  'revokeKey',
]);

/** The writes, and what an import would do. */
export interface PreparedWrites extends Writes {
  tryImport(batch: PackedImport, at: Date): ImportOutcome;
}

/** Prepares the statements of all writes. */
export function prepareWrites(
  database: Database,
  tables: Tables,
  index: Pick<SearchIndex, 'forget'>,
): PreparedWrites {
  const { counters, freePersonIds, people, users, keys, imports } = tables;
  const changes = preparePersonChanges(database, counters, tables, freePersonIds, (ids) => {
    index.forget(ids);
  });
  const peopleImport = preparePeopleImport(database, counters, tables, imports, freePersonIds);
  return {
    recordPeople: (book, at) => people.record(encodedPeople(book), at),
    changePerson: (change, at) => changes.change(change, at),
    purgeDeleted: ({ before, limit }) => changes.purge(before, limit),
    importPeople: (batch, at) => peopleImport.import(unpackImport(batch), at),
    addUser: (fields) => users.add(toUser(fields)),
    changeUser: (change) => users.change(change),
    addKey: (key) => {
      keys.add(key);
    },
    revokeKey: ({ nameOrId, at }) => keys.revoke(nameOrId, at),
    ...prepareTrialWrite(database),
    tryImport: (batch, at) => peopleImport.tryOut(unpackImport(batch), at),
  };
}

function unpackImport({
  indexes,
  people,
  ...batch
}: PackedImport): Parameters<PeopleImport['import']>[0] {
  const decoded = AddressBook.decode(people).people;
  return {
    ...batch,
    people: decoded.map((person, place) => ({ index: indexes[place] ?? 0, person })),
  };
}
