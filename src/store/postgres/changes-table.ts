import { syncTokenExpired } from '../../directory/errors.js';
import { MAX_ID } from '../../directory/free-ids.js';
import type { ChangePage, ChangePosition, PersonState } from '../../directory/store.js';
import { readPeopleCounters } from './counters.js';
import type { RunStatement } from './database.js';
import { unpack } from './packed.js';
import { countThatFits, createPageSize } from './pages.js';

/** Reads the order of changes. */
export interface ChangesTable {
  currentPosition(): Promise<ChangePosition>;
  read(after: ChangePosition, limit: number): Promise<ChangePage>;
}

/** The next $3 people, also deleted ones, who were changed after revision $1 or in it with ids above $2. */
export const CHANGED_PEOPLE = `
  (
    select id, revision, false as deleted, message from people
    where (revision, id) > ($1::bigint, $2::integer) order by revision, id limit $3
  )
  union all
  (
    select id, revision, true as deleted, message from deleted_people
    where (revision, id) > ($1::bigint, $2::integer) order by revision, id limit $3
  )
  order by revision, id limit $3`;

// One statement, so that the counters and the people are those of one moment.
const READ = {
  name: 'read_changes',
  text: `
    select
      (select revision from people_counters),
      (select purged_revision from people_counters),
      string_agg(revision::text, ',' order by revision, id),
      string_agg(deleted::integer::text, ',' order by revision, id),
      string_agg(id::text, ',' order by revision, id),
      string_agg(length(message)::text, ',' order by revision, id),
      string_agg(message, ''::bytea order by revision, id)
    from (${CHANGED_PEOPLE}) as page`,
};

/** Prepares reads of the order of changes. */
export function createChanges(run: RunStatement): ChangesTable {
  const pageSize = createPageSize();

  async function read(after: ChangePosition, limit: number): Promise<ChangePage> {
    const wanted = Math.min(limit, pageSize.predicted());
    const [row = []] = await run(READ, [after.revision, after.id, wanted + 1]);
    const [revision, purgedRevision] = row.map(Number);
    requireKnown(after, revision ?? 0, purgedRevision ?? 0);
    const found = statesOf(row);
    const messages = found.map(({ message }) => message);
    pageSize.learn(messages);
    const people = found.slice(0, Math.min(wanted, countThatFits(messages)));
    const done = people.length === found.length;
    const last = people.at(-1);
    return done || last === undefined
      ? { people, position: { revision: revision ?? 0, id: MAX_ID }, done: true }
      : { people, position: { revision: last.revision, id: last.id }, done };
  }

  return {
    currentPosition: async () => ({
      revision: (await readPeopleCounters(run)).revision,
      id: MAX_ID,
    }),
    read,
  };
}

function requireKnown(after: ChangePosition, revision: number, purgedRevision: number): void {
  if (after.revision < purgedRevision || after.revision > revision) throw syncTokenExpired();
}

function statesOf(row: readonly unknown[]): PersonState[] {
  const { ids, messages } = unpack(row.slice(4));
  if (ids.length === 0) return [];
  const revisions = (row[2] as string).split(',').map(Number);
  const deleted = (row[3] as string).split(',');
  return ids.map((id, index) => ({
    id,
    revision: revisions[index] ?? 0,
    message: messages[index] ?? new Uint8Array(),
    deleted: deleted[index] === '1',
  }));
}
