import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import type {
  PeopleQuery as AnyPeopleQuery,
  PeopleQueryPage,
  QueryPosition,
} from '../../directory/store.js';
import type { Database, Statement } from './database.js';
import { MAX_PAGE_BYTES } from './pages.js';
import type { PeopleTables } from './person-changes.js';

/** A query in an order that has an index in the tables of people; that of names is elsewhere. */
export type PeopleQuery = AnyPeopleQuery & { readonly order: 'id' | 'last-updated' };

/** Reads one page of a query. */
export type QueryPeople = (query: PeopleQuery) => PeopleQueryPage;

/** People per page who are tested against filters that no index combines. */
const MAX_TESTED = 1_000;

/** A person who is tested against the filters. */
interface TestedRow {
  readonly id: number;
  readonly revision: number;
  /** 0 or 1. */
  readonly deleted: number;
  /** The size of the message. */
  readonly bytes: number;
  /** 0 or 1. */
  readonly matches: number;
}

/** Where people are, and the indexes to filter them by. Both have the same columns. */
type Table = 'people' | 'deleted_people';

type Filter = 'address' | 'label';

/** For each filter the part of a where clause that selects one key of the index. */
const INDEXES: Readonly<Record<Table, Readonly<Record<Filter, readonly [string, string]>>>> = {
  people: {
    address: ['person_addresses', 'address_key ='],
    label: ['person_labels', 'label_key ='],
  },
  deleted_people: {
    address: ['deleted_people_keys', "kind = 'address' and key ="],
    label: ['deleted_people_keys', "kind = 'label' and key ="],
  },
};

type Position<Order> = Extract<QueryPosition, { order: Order }>;

/** The rows from a position on, in the order of the query, and whether the list ends with them. */
interface TestedRows {
  readonly rows: readonly TestedRow[];
  readonly done: boolean;
}

/** Prepares the statements of queries; each is prepared when it is needed first. */
export function prepareQueryPeople(
  database: Database,
  { people, deletedPeople }: Pick<PeopleTables, 'people' | 'deletedPeople'>,
): QueryPeople {
  const statements = new Map<string, Statement>();

  function statement(sql: string): Statement {
    const prepared = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, prepared);
    return prepared;
  }

  /** The rows of all tables of the query, at most `limit`, in ascending order of id. */
  function rowsById(
    query: PeopleQuery,
    sqlOf: (table: Table, filters: readonly Filter[]) => string,
    revision: number,
    afterId: number,
    limit: number,
  ): TestedRow[] {
    const { filters, keys } = filtersOf(query);
    const rows = tablesOf(query).flatMap(
      (table) =>
        statement(sqlOf(table, filters)).all(revision, afterId, limit, ...keys) as TestedRow[],
    );
    return rows.sort((one, other) => one.id - other.id).slice(0, limit);
  }

  function readById(query: PeopleQuery, position: Position<'id'>): TestedRows {
    const limit = testedBy(query, filtersOf(query).filters.length > 1);
    const rows = rowsById(query, selectById, 0, position.afterId, limit);
    return { rows, done: rows.length < limit };
  }

  function readByUpdate(query: PeopleQuery, position: Position<'last-updated'>): TestedRows {
    const limit = testedBy(query, filtersOf(query).filters.length > 0);
    const rows: TestedRow[] = [];
    let { belowRevision: revision, afterId } = position;
    // An index is in one order, and this one is mixed: the people of each revision are read by id.
    for (;;) {
      rows.push(...rowsById(query, selectByRevision, revision, afterId, limit - rows.length));
      if (rows.length === limit) return { rows, done: false };
      const before = tablesOf(query).map((table) => {
        const row = statement(`select max(revision) as revision from ${table} where revision < ?`);
        return (row.get(revision) as { revision: number | null }).revision ?? 0;
      });
      revision = Math.max(...before);
      afterId = 0;
      if (revision === 0) return { rows, done: true };
    }
  }

  function read(query: PeopleQuery): TestedRows {
    if (query.order === 'id') {
      return readById(query, positionOf(query, { order: 'id', afterId: 0 }));
    }
    const first = { belowRevision: Number.MAX_SAFE_INTEGER, afterId: 0 };
    return readByUpdate(query, positionOf(query, { order: 'last-updated', ...first }));
  }

  function messagesOf(rows: readonly TestedRow[]): Encoded<Person>[] {
    const ids = rows.map(({ id }) => id);
    const live = people.findByIds(ids);
    const deleted = deletedPeople.find(ids);
    return rows.flatMap((row) => (row.deleted === 1 ? deleted : live).get(row.id) ?? []);
  }

  return (query) => {
    const { rows, done } = read(query);
    const { matching, next } = take(rows, done, query.limit);
    return {
      messages: messagesOf(matching),
      next: next === undefined ? undefined : positionAfter(query.order, next),
    };
  };
}

/** One more than needed, to know whether a page follows. */
function testedBy({ limit }: PeopleQuery, hasTests: boolean): number {
  return hasTests ? Math.max(limit + 1, MAX_TESTED) : limit + 1;
}

function filtersOf({ addressKey, labelKey }: PeopleQuery): {
  readonly filters: readonly Filter[];
  readonly keys: readonly string[];
} {
  const filters: Filter[] = [];
  // The first one selects, and the others test: most labels have fewer people than most addresses.
  if (labelKey !== undefined) filters.push('label');
  if (addressKey !== undefined) filters.push('address');
  return { filters, keys: [labelKey, addressKey].filter((key) => key !== undefined) };
}

function tablesOf({ showDeleted }: PeopleQuery): readonly Table[] {
  return showDeleted ? ['people', 'deleted_people'] : ['people'];
}

function positionOf<P extends QueryPosition>({ position }: PeopleQuery, first: P): P {
  return position?.order === first.order ? (position as P) : first;
}

function positionAfter(order: PeopleQuery['order'], { id, revision }: TestedRow): QueryPosition {
  if (order === 'id') return { order, afterId: id };
  return { order: 'last-updated', belowRevision: revision, afterId: id };
}

/**
 * The rows that match, at most `limit` and MAX_PAGE_BYTES, and the last row that was tested, unless
 * the list ends there.
 */
function take(
  rows: readonly TestedRow[],
  done: boolean,
  limit: number,
): { readonly matching: readonly TestedRow[]; readonly next: TestedRow | undefined } {
  const matching: TestedRow[] = [];
  let bytes = 0;
  let last: TestedRow | undefined;
  for (const row of rows) {
    if (row.matches === 1) {
      bytes += row.bytes;
      const isFull = matching.length === limit || bytes > MAX_PAGE_BYTES;
      if (isFull && last !== undefined) return { matching, next: last };
      matching.push(row);
    }
    last = row;
  }
  return { matching, next: done ? undefined : last };
}

/** Takes an id after which to begin as ?2, a limit as ?3 and the keys of the filters. */
function selectById(table: Table, filters: readonly Filter[]): string {
  const [first, ...tests] = filters;
  if (first === undefined) {
    return `select ${columns(table, [])} from ${table} as person
      where id > ?2 order by id limit ?3`;
  }
  const [index, condition] = INDEXES[table][first];
  return `
    select ${columns(table, tests, 5)}
    from (
      select person_id from ${index} where ${condition} ?4 and person_id > ?2
      order by person_id limit ?3
    ) as found join ${table} as person on person.id = found.person_id
    order by person.id`;
}

/** Takes a revision as ?1, and the rest as selectById does. */
function selectByRevision(table: Table, filters: readonly Filter[]): string {
  return `
    select ${columns(table, filters)} from ${table} as person
    where revision = ?1 and id > ?2 order by id limit ?3`;
}

/** The columns of a TestedRow; the parameters of the tests begin at `parameter`. */
function columns(table: Table, tests: readonly Filter[], parameter = 4): string {
  const conditions = tests.map((filter, index) => {
    const [name, condition] = INDEXES[table][filter];
    return `exists (
      select 1 from ${name} where ${condition} ?${parameter + index} and person_id = person.id
    )`;
  });
  return `person.id, person.revision, ${table === 'people' ? 0 : 1} as deleted,
    length(person.message) as bytes, ${['1', ...conditions].join(' and ')} as matches`;
}
