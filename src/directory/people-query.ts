import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  PersonOrder,
  PersonResult,
  QueryPersonsResponse,
  type BatchGetPersonsRequest,
  type BatchGetPersonsResponse,
  type GetPersonRequest,
  type GetPersonResponse,
  type Person,
  type PersonKey,
  type QueryPersonsRequest,
} from '../../gen/personguide/person_guide.js';
import {
  field1Bytes,
  joinAsField1,
  MAX_RESPONSE_BYTES,
  MAX_RESPONSE_MEBIBYTES,
  type Encoded,
} from './encoded.js';
import { invalid, personNotFound, responseTooLarge } from './errors.js';
import { decodeToken, encodeToken, type TokenPosition, type TokenScope } from './page-token.js';
import { foldedKey } from './person-keys.js';
import type { PeopleQuery, PeopleQueryStore, QueryPosition, ReadOptions } from './store.js';
import { checkFilter, requirePageSize, requirePersonLookup } from './validation.js';

/** Keys per BatchGetPersons. */
const MAX_KEYS = 1000;

const pageSizes = { byDefault: 100, max: 1000 } as const;

/** A page of a store is near 1 MiB at most, so that one more fits into a response. */
const FULL_BYTES = MAX_RESPONSE_BYTES - 1.5 * 1024 * 1024;

/** How many pages of a store are read for one page of a query that matches few people. */
const MAX_READS = 10;

/** How an error calls a key. */
const KEY_NAMES = { id: 'id', email: 'email', phone: 'phone', externalId: 'external_id' } as const;

/** Gets one person by a key. Rejects with `invalid` and PERSON_NOT_FOUND. */
export async function getPerson(
  store: PeopleQueryStore,
  { key, showDeleted }: GetPersonRequest,
  { signal }: ReadOptions,
): Promise<Encoded<GetPersonResponse>> {
  const lookup = requirePersonLookup(key, 'key');
  const [person] = await store.lookUpPeople([lookup], { signal, showDeleted });
  if (person === undefined) throw personNotFound(nameOf(key));
  return joinAsField1([person]);
}

function nameOf(key: PersonKey | undefined): string {
  return KEY_NAMES[key?.key?.$case ?? 'id'];
}

/** Looks up people by keys, one result per key. Rejects with `invalid` and RESPONSE_TOO_LARGE. */
export async function batchGetPersons(
  store: PeopleQueryStore,
  { keys }: BatchGetPersonsRequest,
  options: ReadOptions,
): Promise<Encoded<BatchGetPersonsResponse>> {
  if (keys.length === 0 || keys.length > MAX_KEYS) {
    throw invalid([{ field: 'keys', description: `must be 1 to ${MAX_KEYS}` }]);
  }
  const lookups = keys.map((key, index) => requirePersonLookup(key, `keys[${index}]`));
  const results = (await store.lookUpPeople(lookups, options)).map(toResult);
  const bytes = results.reduce((sum, result) => sum + field1Bytes(result), 0);
  if (bytes > MAX_RESPONSE_BYTES) throw responseTooLarge(MAX_RESPONSE_MEBIBYTES);
  return joinAsField1(results);
}

const FOUND = PersonResult.encode({ found: true, person: undefined }).finish();
const PERSON_FIELD = 2;

function toResult(person: Encoded<Person> | undefined): Encoded<PersonResult> {
  if (person === undefined) return new Uint8Array();
  return new BinaryWriter()
    .raw(FOUND)
    .tag(PERSON_FIELD, WireType.LengthDelimited)
    .bytes(person)
    .finish();
}

/**
 * Reads one page of people. It has as many as were requested unless they exceed 3 MiB, or few people
 * match. Rejects with `invalid`, also for a page token of another query.
 */
export async function queryPeople(
  store: PeopleQueryStore,
  request: QueryPersonsRequest,
  options: ReadOptions,
): Promise<Encoded<QueryPersonsResponse>> {
  const { pageToken, ...query } = toQuery(request);
  const scope = scopeOf(query);
  const people: Encoded<Person>[] = [];
  let position = pageToken === '' ? undefined : positionIn(scope, query.order, pageToken);
  let bytes = 0;
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    const limit = query.limit - people.length;
    const page = await store.queryPeople({ ...query, position, limit }, options);
    for (const person of page.messages) {
      people.push(person);
      bytes += field1Bytes(person);
    }
    position = page.next;
    if (position === undefined || people.length >= query.limit || bytes > FULL_BYTES) break;
  }
  const rest = QueryPersonsResponse.encode({
    people: [],
    nextPageToken: position === undefined ? '' : encodeToken(scope, toTokenPosition(position)),
    totalSize: isFiltered(query) ? 0 : await store.countPeople(options),
  });
  return joinAsField1(people, rest.finish());
}

type QueryOptions = Omit<PeopleQuery, 'position'>;

function toQuery(request: QueryPersonsRequest): QueryOptions & { pageToken: string } {
  const { address, label, showDeleted, pageToken } = request;
  checkFilter({ address, label });
  return {
    order: orderOf(request.order),
    limit: requirePageSize(request.pageSize, pageSizes.byDefault, pageSizes.max),
    addressKey: foldedKey(address) || undefined,
    labelKey: foldedKey(label) || undefined,
    showDeleted,
    pageToken,
  };
}

function orderOf(order: PersonOrder): QueryPosition['order'] {
  switch (order) {
    case PersonOrder.PERSON_ORDER_UNSPECIFIED:
    case PersonOrder.PERSON_ORDER_ID:
      return 'id';
    case PersonOrder.PERSON_ORDER_NAME:
      return 'name';
    case PersonOrder.PERSON_ORDER_LAST_UPDATED:
      return 'last-updated';
    default:
      throw invalid([{ field: 'order', description: `${order} is not a known order` }]);
  }
}

function isFiltered({ addressKey, labelKey, showDeleted }: QueryOptions): boolean {
  return addressKey !== undefined || labelKey !== undefined || showDeleted;
}

function scopeOf({ order, addressKey, labelKey, showDeleted }: QueryOptions): TokenScope {
  return ['QueryPersons', order, addressKey, labelKey, showDeleted];
}

function toTokenPosition(position: QueryPosition): TokenPosition {
  switch (position.order) {
    case 'id':
      return [position.afterId];
    case 'name':
      return [position.afterNameKey, position.afterId];
    case 'last-updated':
      return [position.belowRevision, position.afterId];
  }
}

function positionIn(
  scope: TokenScope,
  order: QueryPosition['order'],
  token: string,
): QueryPosition {
  const position = decodeToken('page_token', scope, token);
  switch (order) {
    case 'id':
      return { order, afterId: Number(position[0]) };
    case 'name':
      return { order, afterNameKey: String(position[0]), afterId: Number(position[1]) };
    case 'last-updated':
      return { order, belowRevision: Number(position[0]), afterId: Number(position[1]) };
  }
}
