import { Person, WatchPersonsResponse } from '../../gen/personguide/person_guide.js';
import { joinAsField1, type Encoded } from './encoded.js';
import { decodeToken, encodeToken, type TokenPosition, type TokenScope } from './page-token.js';
import { foldedKey, keysOf } from './person-keys.js';
import type { ChangePage, ChangePosition, PersonState } from './store.js';

/** Whom a watcher follows. */
export interface WatchFilter {
  readonly addressKey: string | undefined;
  readonly labelKey: string | undefined;
  /** Equal for equal filters. */
  readonly key: string;
  readonly scope: TokenScope;
}

/** Where a watcher is. */
export interface WatchPosition {
  /** Everything up to here is known, except for the rest of a snapshot. */
  readonly changes: ChangePosition;
  /** The last id of a snapshot that was sent; undefined after the snapshot. */
  readonly snapshotId: number | undefined;
}

/** The filter of a request, whose texts may be empty. */
export function toWatchFilter({ address, label }: { address: string; label: string }): WatchFilter {
  const addressKey = foldedKey(address) || undefined;
  const labelKey = foldedKey(label) || undefined;
  const scope = ['WatchPersons', addressKey, labelKey];
  return { addressKey, labelKey, key: JSON.stringify(scope), scope };
}

/** The position in a token. Throws `invalid` for one of another filter. */
export function readSyncToken({ scope }: WatchFilter, token: string): WatchPosition {
  const [revision, id, snapshotId] = decodeToken('sync_token', scope, token).map(Number);
  return { changes: { revision: revision ?? 0, id: id ?? 0 }, snapshotId };
}

function syncToken({ scope }: WatchFilter, { changes, snapshotId }: WatchPosition): string {
  const { revision, id } = changes;
  const position: TokenPosition = [revision, id, ...(snapshotId === undefined ? [] : [snapshotId])];
  return encodeToken(scope, position);
}

/** A response with part of a snapshot, and the position after it. */
export function snapshotResponse(
  filter: WatchFilter,
  people: readonly Encoded<Person>[],
  position: WatchPosition,
): Encoded<WatchPersonsResponse> {
  return joinAsField1(people, restOf(filter, position));
}

/** The response that ends a snapshot, or one without news. */
export function emptyResponse(
  filter: WatchFilter,
  changes: ChangePosition,
  snapshotComplete = false,
): Encoded<WatchPersonsResponse> {
  return restOf(filter, { changes, snapshotId: undefined }, { snapshotComplete });
}

/** A response ends when it exceeds this: a caller who does not read holds one. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/** Cuts a page of changes into parts, each for one response; at least one part. */
export function partsOf(page: ChangePage): ChangePage[] {
  const parts: ChangePage[] = [];
  let people: PersonState[] = [];
  let bytes = 0;
  for (const person of page.people) {
    people.push(person);
    bytes += person.message.length;
    if (bytes < MAX_RESPONSE_BYTES || person === page.people.at(-1)) continue;
    const { revision, id } = person;
    parts.push({ people, position: { revision, id }, done: false });
    people = [];
    bytes = 0;
  }
  return [...parts, { ...page, people }];
}

/** Where a watcher is after a read of changes. */
export interface WatchStep {
  /** Undefined if nothing has changed. */
  readonly response: Encoded<WatchPersonsResponse> | undefined;
  readonly position: ChangePosition;
}

/** What a watcher is sent for a read of changes. */
export function stepOf(filter: WatchFilter, page: ChangePage): WatchStep {
  const response = page.people.length === 0 ? undefined : changesResponse(filter, page);
  return { response, position: page.position };
}

function changesResponse(
  filter: WatchFilter,
  { people, position }: ChangePage,
): Encoded<WatchPersonsResponse> {
  const present: Encoded<Person>[] = [];
  const deletedIds: number[] = [];
  for (const { id, message, deleted } of people) {
    if (!deleted && matches(filter, message)) present.push(message);
    else deletedIds.push(id);
  }
  const after = { changes: position, snapshotId: undefined };
  return joinAsField1(present, restOf(filter, after, { deletedIds }));
}

function restOf(
  filter: WatchFilter,
  position: WatchPosition,
  fields: Partial<WatchPersonsResponse> = {},
): Uint8Array {
  const { deletedIds = [], snapshotComplete = false } = fields;
  return WatchPersonsResponse.encode({
    people: [],
    deletedIds,
    snapshotComplete,
    syncToken: syncToken(filter, position),
  }).finish();
}

function matches({ addressKey, labelKey }: WatchFilter, message: Encoded<Person>): boolean {
  if (addressKey === undefined && labelKey === undefined) return true;
  const { addressKeys, labelKeys } = keysOf(Person.decode(message));
  return (
    (addressKey === undefined || addressKeys.includes(addressKey)) &&
    (labelKey === undefined || labelKeys.includes(labelKey))
  );
}
