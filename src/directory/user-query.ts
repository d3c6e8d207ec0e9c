import { ListUsersResponse, UserRequest, type ListUsersRequest } from '../../gen/grpcUser/user.js';
import { field1Bytes, joinAsField1, MAX_RESPONSE_BYTES, type Encoded } from './encoded.js';
import { fold } from './fold.js';
import { decodeToken, encodeToken, type TokenScope } from './page-token.js';
import type { ReadOptions, UserStore } from './store.js';
import { checkUserQuery, requirePageSize } from './validation.js';

const pageSizes = { byDefault: 100, max: 1000 } as const;

/** One call looks at 5,000 users at most (10 ms): if few of them match, its page is short. */
const MAX_READS = 5;
const USERS_PER_READ = 1000;

/**
 * Reads one page of users, in ascending order of id. It may be short, even empty, although more
 * pages follow. Rejects with `invalid`, also for a page token of another query.
 */
export async function listUsers(
  store: UserStore,
  { pageSize, pageToken, verified, query }: ListUsersRequest,
  options: ReadOptions,
): Promise<Encoded<ListUsersResponse>> {
  const size = requirePageSize(pageSize, pageSizes.byDefault, pageSizes.max);
  checkUserQuery(query);
  const words = wordsOf(query);
  const scope: TokenScope = ['ListUsers', verified, ...words];
  const users: Encoded<UserRequest>[] = [];
  let bytes = 0;
  let afterId = pageToken === '' ? 0 : Number(decodeToken('page_token', scope, pageToken)[0]);
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    // Without words everyone matches: one more shows whether a page follows.
    const limit = words.length === 0 ? size + 1 - users.length : USERS_PER_READ;
    const page = await store.listUsers({ afterId, limit, verified }, options);
    for (const message of page.messages) {
      const user = UserRequest.decode(message);
      if (matches(user, words)) {
        bytes += field1Bytes(message);
        const isFull = users.length === size || bytes > MAX_RESPONSE_BYTES;
        if (isFull) return toResponse(users, encodeToken(scope, [afterId]));
        users.push(message);
      }
      afterId = user.id;
    }
    if (page.done) return toResponse(users, '');
  }
  return toResponse(users, encodeToken(scope, [afterId]));
}

function toResponse(
  users: readonly Encoded<UserRequest>[],
  nextPageToken: string,
): Encoded<ListUsersResponse> {
  return joinAsField1(users, ListUsersResponse.encode({ users: [], nextPageToken }).finish());
}

/** Whether each word is part of a name or of the email. */
function matches({ firstName, lastName, email }: UserRequest, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const texts = [firstName, lastName, email].map(fold);
  return words.every((word) => texts.some((text) => text.includes(word)));
}

function wordsOf(query: string): string[] {
  return fold(query).split(/\s+/).filter(Boolean);
}
