import type { UserRequest } from '../../gen/grpcUser/user.js';
import type { Person, PersonMatch } from '../../gen/personguide/person_guide.js';
import type { CallOptions } from './call-options.js';
import type { RequestStream, ResponseStream } from './definition.js';
import type { PeopleCalls, UserCalls } from './directory-calls.js';
import type { PeopleQuery, PeopleSearch, UserQuery } from './pages.js';
import type { ImportPeopleOptions, ImportSummary } from './people-import.js';
import type { PeopleEvent, WatchOptions } from './people-watch.js';

/** The people of a directory: the calls of the contract, and what is built on them. */
export interface PeopleClient extends PeopleCalls {
  /**
   * Follows the people, by default beginning with everyone: `for await (const event of
   * people.watch())`. Goes on by itself after lost connections and restarts of the server, without
   * losing or repeating a change. Ends when the caller leaves the loop or aborts the signal. Throws
   * a TypeError for an invalid option; the loop throws an RpcError that a retry cannot help.
   */
  readonly watch: (options?: WatchOptions) => ResponseStream<PeopleEvent>;
  /**
   * Imports any number of people in batches, reading them no faster than the server stores them.
   * Resolves when all are stored, with totals and the first faults; a faulty person does not stop
   * the others. Goes on by itself after a lost connection or a restart of the server.
   */
  readonly importPeople: (
    people: RequestStream<Person>,
    options?: ImportPeopleOptions,
  ) => Promise<ImportSummary>;
  /** The people of all pages of queryPersons(): `people.allPages({ order: 'name' })`. */
  readonly allPages: (query?: PeopleQuery, options?: CallOptions) => AsyncGenerator<Person, void>;
  /** The matches of all pages of searchPersons(), the best one first; at most 1,000. */
  readonly allMatches: (
    search: PeopleSearch,
    options?: CallOptions,
  ) => AsyncGenerator<PersonMatch, void>;
}

/** The users of a directory: the calls of the contract, and what is built on them. */
export interface UsersClient extends UserCalls {
  /** The users of all pages of listUsers(), in ascending order of id. */
  readonly allPages: (
    query?: UserQuery,
    options?: CallOptions,
  ) => AsyncGenerator<UserRequest, void>;
}
