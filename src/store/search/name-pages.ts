import { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { keysOf } from '../../directory/person-keys.js';
import type { PeopleQuery, PeopleQueryPage, QueryPosition } from '../../directory/store.js';

/** A person in the order of names. */
export interface NamedPerson {
  readonly id: number;
  readonly nameKey: string;
  readonly deleted: boolean;
}

/** What a page of a query by name reads; each call is a snapshot of its own. */
export interface NameReader {
  /** People after a position, in order of name and id. */
  readNames(
    after: NamePosition,
    showDeleted: boolean,
    limit: number,
  ): readonly NamedPerson[] | Promise<readonly NamedPerson[]>;
  /** The messages of those who are still there, by id. */
  readMessages(
    people: readonly NamedPerson[],
  ): ReadonlyMap<number, Encoded<Person>> | Promise<ReadonlyMap<number, Encoded<Person>>>;
}

/** Where a page of a query by name starts. */
export type NamePosition = Extract<QueryPosition, { order: 'name' }>;

const START: NamePosition = { order: 'name', afterNameKey: '', afterId: 0 };

/** People per statement: messages may be large. */
const MAX_READ = 200;

/** People per page who are tested against filters. */
const MAX_TESTED = 1_000;

/** A page ends before it exceeds this, even below its limit; a single message may be larger. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** Reads one page of a query by name. The index must be up to date. */
export async function readNamePage(
  query: PeopleQuery,
  reader: NameReader,
): Promise<PeopleQueryPage> {
  const matches = filterOf(query);
  const limit = matches === undefined ? Math.min(query.limit + 1, MAX_READ) : MAX_READ;
  const messages: Encoded<Person>[] = [];
  let bytes = 0;
  let last = query.position?.order === 'name' ? query.position : START;
  for (let tested = 0; matches === undefined || tested < MAX_TESTED; tested += limit) {
    const people = await reader.readNames(last, query.showDeleted, limit);
    const stored = await reader.readMessages(people);
    for (const { id, nameKey } of people) {
      const message = stored.get(id);
      if (message !== undefined && matches?.(message) !== false) {
        bytes += message.length;
        const isFull = messages.length === query.limit || bytes > MAX_PAGE_BYTES;
        if (isFull && messages.length > 0) return { messages, next: last };
        messages.push(message);
      }
      last = { order: 'name', afterNameKey: nameKey, afterId: id };
    }
    if (people.length < limit) return { messages, next: undefined };
  }
  return { messages, next: last };
}

function filterOf({
  addressKey,
  labelKey,
}: PeopleQuery): ((message: Encoded<Person>) => boolean) | undefined {
  if (addressKey === undefined && labelKey === undefined) return undefined;
  return (message) => {
    const keys = keysOf(Person.decode(message));
    return (
      (addressKey === undefined || keys.addressKeys.includes(addressKey)) &&
      (labelKey === undefined || keys.labelKeys.includes(labelKey))
    );
  };
}
