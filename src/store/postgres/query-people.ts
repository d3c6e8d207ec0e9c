import type {
  PeopleQuery as AnyPeopleQuery,
  PeopleQueryPage,
  QueryPosition,
} from '../../directory/store.js';
import type { RunStatement, Statement, Value } from './database.js';
import { PACKED, unpack } from './packed.js';
import { countThatFits, createPageSize } from './pages.js';

/** A query in an order that has an index in the tables of people; that of names is elsewhere. */
export type PeopleQuery = AnyPeopleQuery & { readonly order: 'id' | 'last-updated' };

/** Reads one page of a query; see PeopleQueryStore. */
export type QueryPeople = (query: PeopleQuery) => Promise<PeopleQueryPage>;

/** People per page who are tested against filters, in an order other than by id. */
const MAX_TESTED = 2_000;

/** Which filters a statement has; their keys are its first parameters. */
interface Filters {
  readonly address: boolean;
  readonly label: boolean;
  readonly showDeleted: boolean;
}

/** Prepares the queries by id, and by the last update. */
export function createQueryPeople(run: RunStatement): QueryPeople {
  const readById = createReader(run);
  const readByUpdate = createUpdatedReader(run);
  return (query) => {
    switch (query.order) {
      case 'id':
        return readById(query);
      case 'last-updated':
        return readByUpdate(query);
    }
  };
}

function createReader(run: RunStatement): QueryPeople {
  const pageSize = createPageSize();
  const statementFor = createStatements('query_people', byId);
  return async (query) => {
    const limit = Math.min(query.limit, pageSize.predicted());
    const afterId = query.position?.afterId ?? 0;
    // One more, to find out whether the list ends with this page.
    const [row] = await run(statementFor(filtersOf(query)), [...keysOf(query), afterId, limit + 1]);
    const { ids, messages } = unpack(row);
    pageSize.learn(messages);
    const count = Math.min(limit, countThatFits(messages));
    const lastId = ids[count - 1];
    return {
      messages: messages.slice(0, count),
      next:
        lastId === undefined || count === messages.length
          ? undefined
          : { order: 'id', afterId: lastId },
    };
  };
}

/** Makes the statement for each combination of filters when it is first used. */
function createStatements(
  prefix: string,
  textFor: (filters: Filters) => string,
): (filters: Filters) => Statement {
  const statements = new Map<string, Statement>();
  return (filters) => {
    const { address, label, showDeleted } = filters;
    const parts = [address && 'address', label && 'label', showDeleted && 'deleted'];
    const name = [prefix, ...parts.filter((part) => part !== false)].join('_');
    const statement = statements.get(name) ?? { name, text: textFor(filters) };
    statements.set(name, statement);
    return statement;
  };
}

function filtersOf({ addressKey, labelKey, showDeleted }: PeopleQuery): Filters {
  return { address: addressKey !== undefined, label: labelKey !== undefined, showDeleted };
}

function keysOf({ addressKey, labelKey }: PeopleQuery): string[] {
  return [addressKey, labelKey].filter((key) => key !== undefined);
}

type PeopleTableName = 'people' | 'deleted_people';

interface FilterIndex {
  readonly from: string;
  readonly where: string;
}

/** The indexes of the filters, whose keys are the first parameters. */
function indexesOf(table: PeopleTableName, { address, label }: Filters): FilterIndex[] {
  const index = (kind: 'address' | 'label', live: string, parameter: number): FilterIndex =>
    table === 'people'
      ? { from: live, where: `${kind}_key = $${parameter}` }
      : { from: 'deleted_people_keys', where: `kind = '${kind}' and key = $${parameter}` };
  return [
    ...(address ? [index('address', 'person_addresses', 1)] : []),
    ...(label ? [index('label', 'person_labels', address ? 2 : 1)] : []),
  ];
}

/**
 * Takes the keys of the filters, the last id, and a limit. People are read only when it is known
 * who they are, and one by one (`lateral`, with a limit of its own): with other forms PostgreSQL
 * reads all people of an address while it has no statistics, and again for each page.
 */
function byId(filters: Filters): string {
  const first = Number(filters.address) + Number(filters.label) + 1;
  const [after, limit] = [`$${first}`, `$${first + 1}`];
  const ids = (table: PeopleTableName): string => {
    const indexes = indexesOf(table, filters).map(
      ({ from, where }) => `(
        select person_id as id from ${from} where ${where} and person_id > ${after}
      )`,
    );
    const all = `(select id from ${table} where id > ${after})`;
    return indexes.length === 0
      ? `${all} as wanted`
      : `${indexes[0]} as wanted ${indexes[1] === undefined ? '' : `join ${indexes[1]} as also using (id)`}`;
  };
  const page = (table: PeopleTableName): string => `(
    select id, message
    from (select id from ${ids(table)} order by id limit ${limit}) as ids
    cross join lateral (select message from ${table} where id = ids.id limit 1) as person
  )`;
  const pages = filters.showDeleted
    ? `(${page('people')} union all ${page('deleted_people')} order by id limit ${limit})`
    : page('people');
  return `select ${PACKED} from ${pages} as found`;
}

function createUpdatedReader(run: RunStatement): QueryPeople {
  const pageSize = createPageSize();
  const statementFor = createStatements('query_updated_people', byUpdate);
  return async (query) => {
    const filters = filtersOf(query);
    const limit = Math.min(query.limit, pageSize.predicted());
    const isFiltered = filters.address || filters.label;
    // One more, as above.
    const tested = isFiltered ? Math.max(MAX_TESTED, limit + 1) : limit + 1;
    const { belowRevision, afterId } = startOf(query.position);
    const values: Value[] = [...keysOf(query), belowRevision, afterId, tested, limit + 1];
    const [row = []] = await run(statementFor(filters), values);
    const [testedCount, lastTested, revisions] = row as [string, string | null, string | null];
    const { ids, messages } = unpack(row.slice(3));
    pageSize.learn(messages);
    const count = Math.min(limit, countThatFits(messages));
    if (count < messages.length) {
      const next = positionOf(revisions?.split(',')[count - 1], ids[count - 1]);
      return { messages: messages.slice(0, count), next };
    }
    const [revision, id] = lastTested?.split(',') ?? [];
    return { messages, next: Number(testedCount) < tested ? undefined : positionOf(revision, id) };
  };
}

type UpdatedPosition = Extract<QueryPosition, { order: 'last-updated' }>;

function startOf(position: QueryPosition | undefined): UpdatedPosition {
  if (position?.order === 'last-updated') return position;
  return { order: 'last-updated', belowRevision: Number.MAX_SAFE_INTEGER, afterId: 0 };
}

function positionOf(
  revision: string | undefined,
  id: number | string | undefined,
): UpdatedPosition {
  return { order: 'last-updated', belowRevision: Number(revision), afterId: Number(id) };
}

/**
 * Takes the keys of the filters, the position, how many people to test, and a limit. The result has
 * the number of tested people, the last of them, and those who pass.
 */
function byUpdate(filters: Filters): string {
  const first = Number(filters.address) + Number(filters.label) + 1;
  const [below, after, tested, limit] = [0, 1, 2, 3].map((offset) => `$${first + offset}`);
  const tables = filters.showDeleted
    ? (['people', 'deleted_people'] as const)
    : (['people'] as const);
  // The people of one revision are in ascending order of id, while revisions descend: the index has
  // them the other way round. So the lowest revision of the page is read once more, from its start.
  const edges = tables.map(
    (table) => `
      ${table}_edge as (
        select min(revision) as revision from (
          select revision from ${table} where revision < ${below}
          order by revision desc, id desc limit ${tested}
        ) as below
      )`,
  );
  const parts = tables.flatMap((table) =>
    [
      `revision = ${below} and id > ${after} order by id`,
      `revision < ${below} and revision > (select revision from ${table}_edge)
        order by revision desc, id desc`,
      `revision = (select revision from ${table}_edge) order by id`,
    ].map(
      (where) => `(
        select id, revision, ${String(table === 'deleted_people')} as deleted
        from ${table} where ${where} limit ${tested}
      )`,
    ),
  );
  const passed = tables.map((table) => {
    const tests = indexesOf(table, filters).map(
      ({ from, where }, index) => `
        cross join lateral (
          select 1 from ${from} where ${where} and person_id = page.id limit 1
        ) as test${index}`,
    );
    return `
      select page.id, page.revision, message
      from page ${tests.join('')}
      cross join lateral (select message from ${table} where id = page.id limit 1) as person
      where page.deleted = ${String(table === 'deleted_people')}`;
  });
  return `
    with ${edges.join(',')},
    page as (
      select id, revision, deleted from (${parts.join(' union all ')}) as near
      order by revision desc, id limit ${tested}
    ),
    passed as (
      select id, revision, message from (${passed.join(' union all ')}) as everyone
      order by revision desc, id limit ${limit}
    )
    select
      (select count(*) from page),
      (select revision || ',' || id from page order by revision, id desc limit 1),
      string_agg(revision::text, ',' order by revision desc, id),
      string_agg(id::text, ',' order by revision desc, id),
      string_agg(length(message)::text, ',' order by revision desc, id),
      string_agg(message, ''::bytea order by revision desc, id)
    from passed`;
}
