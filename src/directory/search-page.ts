import {
  PersonMatch,
  SearchPersonsResponse,
  type SearchPersonsRequest,
} from '../../gen/personguide/person_guide.js';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { field1Bytes, joinAsField1, MAX_RESPONSE_BYTES, type Encoded } from './encoded.js';
import { decodeToken, encodeToken, type TokenScope } from './page-token.js';
import { searchPeople, type FoundPerson } from './search.js';
import type { ReadOptions, SearchStore } from './store.js';
import { checkSearch, requirePageSize } from './validation.js';

const pageSizes = { byDefault: 20, max: 100 } as const;

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
  const isAfter = pageToken === '' ? () => true : afterToken(scope, pageToken);
  const found = (await searchPeople(store, query, options)).filter(isAfter);
  const matches: Encoded<PersonMatch>[] = [];
  let bytes = 0;
  for (const person of found.slice(0, size)) {
    const match = toMatch(person);
    bytes += field1Bytes(match);
    if (bytes > MAX_RESPONSE_BYTES) break;
    matches.push(match);
  }
  const last = matches.length < found.length ? found[matches.length - 1] : undefined;
  const nextPageToken = last === undefined ? '' : encodeToken(scope, [last.score, last.id]);
  return joinAsField1(
    matches,
    SearchPersonsResponse.encode({ matches: [], nextPageToken }).finish(),
  );
}

/** Whether a person comes after the one that the token names, who may have gone meanwhile. */
function afterToken(scope: TokenScope, token: string): (person: FoundPerson) => boolean {
  const [score = 0, id = 0] = decodeToken('page_token', scope, token).map(Number);
  return (person) => person.score < score || (person.score === score && person.id > id);
}

const PERSON_FIELD = 1;

function toMatch({ message, score, field }: FoundPerson): Encoded<PersonMatch> {
  const rest = PersonMatch.encode({ person: undefined, score, field }).finish();
  return new BinaryWriter()
    .tag(PERSON_FIELD, WireType.LengthDelimited)
    .bytes(message)
    .raw(rest)
    .finish();
}
