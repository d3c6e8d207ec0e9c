import {
  PersonMatch,
  SearchPersonsResponse,
  type SearchPersonsRequest,
} from '../../gen/personguide/person_guide.js';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { field1Bytes, joinAsField1, MAX_RESPONSE_BYTES, type Encoded } from './encoded.js';
import { decodeToken, encodeToken, type TokenScope } from './page-token.js';
import { MAX_MATCHES, searchPeople } from './search.js';
import type { FoundMatch, MatchPage, ReadOptions, SearchStore } from './store.js';
import { checkSearch, requirePageSize } from './validation.js';

const pageSizes = { byDefault: 20, max: 100 } as const;

/** Where a page starts, and how many people the pages before it had. */
interface Start {
  readonly after: MatchPage['after'];
  readonly returned: number;
}

/**
 * Reads one page of what a search finds. It has as many people as were requested unless they exceed
 * 3 MiB. Rejects with `invalid`, also for a page token of another search.
 */
export async function searchPage(
  store: SearchStore,
  { query, pageSize, pageToken }: SearchPersonsRequest,
  options: ReadOptions,
): Promise<Encoded<SearchPersonsResponse>> {
  checkSearch(query);
  const size = requirePageSize(pageSize, pageSizes.byDefault, pageSizes.max);
  const scope: TokenScope = ['SearchPersons', query];
  const { after, returned } = startOf(scope, pageToken);
  // One more shows whether there is another page.
  const limit = Math.max(0, Math.min(size + 1, MAX_MATCHES - returned));
  const found = await searchPeople(store, query, { after, limit }, options);
  const matches: Encoded<PersonMatch>[] = [];
  let bytes = 0;
  for (const person of found.slice(0, size)) {
    const match = toMatch(person);
    bytes += field1Bytes(match);
    if (bytes > MAX_RESPONSE_BYTES) break;
    matches.push(match);
  }
  const last = matches.length < found.length ? found[matches.length - 1] : undefined;
  const nextPageToken =
    last === undefined ? '' : encodeToken(scope, [last.rank, last.id, returned + matches.length]);
  return joinAsField1(
    matches,
    SearchPersonsResponse.encode({ matches: [], nextPageToken }).finish(),
  );
}

function startOf(scope: TokenScope, token: string): Start {
  if (token === '') return { after: undefined, returned: 0 };
  const [rank = 0, id = 0, returned = 0] = decodeToken('page_token', scope, token).map(Number);
  return { after: { rank, id }, returned };
}

/** The ranks share the range above 0 in steps that a 32-bit float holds exactly. */
const SCORE_STEP = 1 / 8;

const PERSON_FIELD = 1;

function toMatch({ message, rank, field }: FoundMatch): Encoded<PersonMatch> {
  const rest = PersonMatch.encode({ person: undefined, score: 1 - rank * SCORE_STEP, field });
  return new BinaryWriter()
    .tag(PERSON_FIELD, WireType.LengthDelimited)
    .bytes(message)
    .raw(rest.finish())
    .finish();
}
