import type { Person } from '../../../gen/personguide/person_guide.js';
import type { PeopleQuery, PeopleQueryPage, QueryPosition } from '../../directory/store.js';
import type { RunStatement, Statement, Value } from './database.js';
import { PACKED, unpack } from './packed.js';
import { countThatFits, createPageReader, createPageSize, type PageReader } from './pages.js';

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
  const readers = new Map<string, PageReader<Person>>();
  const readUpdated = createUpdatedReader(run);

  function readerFor(filters: Filters): PageReader<Person> {
    const name = `query_people_${nameOf(filters)}`;
    let reader = readers.get(name);
    if (reader === undefined) {
      reader = createPageReader<Person>(run, { name, text: byId(filters) });
      readers.set(name, reader);
    }
    return reader;
  }

  return async (query) => {
    const { order, position, limit } = query;
    switch (order) {
      case 'id': {
        const afterId = position?.afterId ?? 0;
        const read = readerFor(filtersOf(query));
        const { messages, lastId, done } = await read({ afterId, limit }, ...keysOf(query));
        return { messages, next: done ? undefined : { order, afterId: lastId } };
      }
      case 'last-updated':
        return readUpdated(query);
      case 'name':
        throw new Error('being built');
    }
  };
}

function filtersOf({ addressKey, labelKey, showDeleted }: PeopleQuery): Filters {
  return { address: addressKey !== undefined, label: labelKey !== undefined, showDeleted };
}

function keysOf({ addressKey, labelKey }: PeopleQuery): string[] {
  return [addressKey, labelKey].filter((key) => key !== undefined);
}

function nameOf({ address, label, showDeleted }: Filters): string {
  return [address && 'address', label && 'label', showDeleted && 'deleted']
    .filter((part) => part !== false)
    .join('_');
}

/** Takes the keys of the filters, the last id, and a limit. */
function byId(filters: Filters): string {
  const first = Number(filters.address) + Number(filters.label) + 1;
  const page = (table: 'people' | 'deleted_people'): string => `(
    select page.id, message
    from ${table} as page ${joins(table, filters)}
    where page.id > $${first} order by page.id limit $${first + 1}
  )`;
  const pages = filters.showDeleted
    ? `(${page('people')} union all ${page('deleted_people')} order by id limit $${first + 1})`
    : page('people');
  return `select ${PACKED} from ${pages} as found`;
}

/** Joins the people named \`page\` with the indexes of the filters. */
function joins(table: 'people' | 'deleted_people', { address, label }: Filters): string {
  const join = (kind: 'address' | 'label', parameter: number): string =>
    table === 'people'
      ? `join person_${kind === 'address' ? 'addresses' : 'labels'} as with_${kind}
          on with_${kind}.${kind}_key = $${parameter} and with_${kind}.person_id = page.id`
      : `join deleted_people_keys as with_${kind}
          on with_${kind}.kind = '${kind}' and with_${kind}.key = $${parameter}
          and with_${kind}.person_id = page.id`;
  return [address && join('address', 1), label && join('label', address ? 2 : 1)]
    .filter((part) => part !== false)
    .join(' ');
}

function createUpdatedReader(run: RunStatement): QueryPeople {
  const pageSize = createPageSize();
  const statements = new Map<string, Statement>();

  function statementFor(filters: Filters): Statement {
    const name = `query_updated_people_${nameOf(filters)}`;
    const statement = statements.get(name) ?? { name, text: byUpdate(filters) };
    statements.set(name, statement);
    return statement;
  }

  return async (query) => {
    const filters = filtersOf(query);
    const limit = Math.min(query.limit, pageSize.predicted());
    const tested = filters.address || filters.label ? Math.max(MAX_TESTED, limit) : limit;
    const start = startOf(query.position);
    const values: Value[] = [...keysOf(query), start.belowRevision, start.afterId, tested, limit];
    const [row = []] = await run(statementFor(filters), values);
    const [testedCount, lastTested, revisions] = row as [string, string | null, string | null];
    const { ids, messages } = unpack(row.slice(3));
    pageSize.learn(messages);
    const count = countThatFits(messages);
    if (count < messages.length || count === limit) {
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
  const passed = tables.map(
    (table) => `
      select page.id, page.revision, message
      from page join ${table} using (id) ${joins(table, filters)}
      where page.deleted = ${String(table === 'deleted_people')}`,
  );
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
