import type { ListUsersRequest, UserRequest } from '../../gen/grpcUser/user.js';
import {
  PersonOrder,
  type Person,
  type PersonMatch,
  type QueryPersonsRequest,
  type SearchPersonsRequest,
} from '../../gen/personguide/person_guide.js';
import type { CallOptions } from './call-options.js';
import type { PartialMessage } from './definition.js';
import type { PeopleCalls, UserCalls } from './directory-calls.js';

/** Which people allPages() reads, and in which order; every field may be left out. */
export interface PeopleQuery extends Omit<
  PartialMessage<QueryPersonsRequest>,
  'order' | 'pageToken'
> {
  /** Default `id`. `last-updated`: the latest change first. */
  readonly order?: 'id' | 'name' | 'last-updated' | PersonOrder | undefined;
}

/** What allMatches() searches for. */
export type PeopleSearch = Omit<PartialMessage<SearchPersonsRequest>, 'pageToken'>;

/** Which users allPages() reads; every field may be left out. */
export type UserQuery = Omit<PartialMessage<ListUsersRequest>, 'pageToken'>;

const ORDERS = {
  id: PersonOrder.PERSON_ORDER_ID,
  name: PersonOrder.PERSON_ORDER_NAME,
  'last-updated': PersonOrder.PERSON_ORDER_LAST_UPDATED,
};

/** The people of all pages of a query. */
export function allPeople(
  { queryPersons }: PeopleCalls,
  { order = 'id', ...filters }: PeopleQuery = {},
  options?: CallOptions,
): AsyncGenerator<Person, void> {
  const number = typeof order === 'number' ? order : orderOf(order);
  return allPages(async (pageToken) => {
    const response = await queryPersons({ ...filters, order: number, pageToken }, options);
    return [response.people, response.nextPageToken];
  });
}

/** The matches of all pages of a search. */
export function allMatches(
  { searchPersons }: PeopleCalls,
  search: PeopleSearch,
  options?: CallOptions,
): AsyncGenerator<PersonMatch, void> {
  return allPages(async (pageToken) => {
    const response = await searchPersons({ ...search, pageToken }, options);
    return [response.matches, response.nextPageToken];
  });
}

/** The users of all pages of a list. */
export function allUsers(
  { listUsers }: UserCalls,
  query: UserQuery = {},
  options?: CallOptions,
): AsyncGenerator<UserRequest, void> {
  return allPages(async (pageToken) => {
    const response = await listUsers({ ...query, pageToken }, options);
    return [response.users, response.nextPageToken];
  });
}

/** A page, and the token of the next one; empty after the last. */
type ReadPage<T> = (pageToken: string) => Promise<readonly [page: readonly T[], next: string]>;

/** A page may be empty although more pages follow. */
async function* allPages<T>(readPage: ReadPage<T>): AsyncGenerator<T, void> {
  let token = '';
  do {
    const [page, next] = await readPage(token);
    yield* page;
    token = next;
  } while (token !== '');
}

function orderOf(name: keyof typeof ORDERS): PersonOrder {
  if (Object.hasOwn(ORDERS, name)) return ORDERS[name];
  throw new TypeError(`allPages: order must be one of ${Object.keys(ORDERS).join(', ')}`);
}
