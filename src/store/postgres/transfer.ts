import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Person } from '../../../gen/personguide/person_guide.js';
import { restartSearchIndex } from './search-index.js';
import { storeNotEmpty } from '../../directory/errors.js';
import type { KeptAs } from '../../directory/kept-result.js';
import { readPages } from '../../directory/pages.js';
import { keyChanges, storedPersonRow, type StoredPersonRow } from '../../directory/person-row.js';
import type { KeptResult, StoreBatch } from '../../directory/store.js';
import { storedUserRow } from '../../directory/user-row.js';
import {
  lockPeopleCounters,
  raiseUserCounter,
  readPeopleCounters,
  readUserCounter,
  savePeopleCounters,
  type PeopleCounters,
} from './counters.js';
import type { RunStatement } from './database.js';
import { insertDeleted } from './deleted-people-table.js';
import { insertFaults, insertImports, keptFaults, keptImports } from './kept-imports.js';
import { insertKey, listKeys } from './keys-table.js';
import { packParameter } from './packed-parameter.js';
import { PACKED } from './packed.js';
import { createPageReader } from './pages.js';
import { insertPeople } from './people-writer.js';
import type { WrittenPerson } from './written-person.js';
import { changeIndexes } from './person-indexes.js';
import { insertUsers } from './users-table.js';

/** Records per batch. */
const BATCH_SIZE = 1000;

const EXPORT_PEOPLE = { name: 'export_people', text: pagesOf('people') };

const EXPORT_DELETED = { name: 'export_deleted_people', text: pagesOf('deleted_people') };

const EXPORT_USERS = { name: 'export_users', text: pagesOf('users') };

const EXPORT_RESULTS = {
  name: 'export_results',
  text: `
    select method, key, digest, kept_as, result, created_at_ms from idempotency_results
    where (method, key) > ($1, $2) order by method, key limit $3`,
};

const IMPORT_RESULTS = {
  name: 'import_results',
  text: `
    insert into idempotency_results (method, key, digest, kept_as, result, created_at_ms)
    select method, key, digest, kept_as, substring($4::bytea from start for length), created_at_ms
    from unnest(
      $1::text[], $2::text[], $3::text[], $5::integer[], $6::integer[], $7::bigint[], $8::text[]
    ) as sent (method, key, digest, start, length, created_at_ms, kept_as)
    on conflict (method, key) do update
      set digest = excluded.digest, kept_as = excluded.kept_as, result = excluded.result,
        created_at_ms = excluded.created_at_ms`,
};

const IS_EMPTY = {
  name: 'is_empty',
  text: `
    select not exists (select 1 from people) and not exists (select 1 from deleted_people)
      and not exists (select 1 from users)`,
};

function pagesOf(table: 'people' | 'deleted_people' | 'users'): string {
  return `
    select ${PACKED} from (
      select id, message from ${table} where id > $1 order by id limit $2
    ) as page`;
}

/** Reads everything; see TransferStore. `begin` runs before each batch and may throw. */
export async function* exportAll(
  run: RunStatement,
  begin: () => void,
): AsyncGenerator<StoreBatch, void, undefined> {
  begin();
  const people = readPages(BATCH_SIZE, createPageReader<Person>(run, EXPORT_PEOPLE));
  for await (const { messages } of people) {
    if (messages.length > 0) yield { kind: 'people', messages };
    begin();
  }
  const deleted = readPages(BATCH_SIZE, createPageReader<Person>(run, EXPORT_DELETED));
  for await (const { messages } of deleted) {
    if (messages.length > 0) yield { kind: 'deleted-people', messages };
    begin();
  }
  const users = readPages(BATCH_SIZE, createPageReader<UserRequest>(run, EXPORT_USERS));
  for await (const { messages } of users) {
    if (messages.length > 0) yield { kind: 'users', messages };
    begin();
  }
  for await (const results of resultsOf(run)) {
    yield { kind: 'results', results };
    begin();
  }
  for await (const imports of keptImports(run, BATCH_SIZE)) {
    yield { kind: 'imports', imports };
    begin();
  }
  for await (const faults of keptFaults(run, BATCH_SIZE)) {
    yield { kind: 'import-faults', faults };
    begin();
  }
  const keys = await listKeys(run);
  if (keys.length > 0) yield { kind: 'keys', keys };
  begin();
  const { freeIds, revision, purgedRevision } = await readPeopleCounters(run);
  const firstFreeUserId = await readUserCounter(run);
  const revisions = { last: revision, purged: purgedRevision };
  yield { kind: 'counters', freePersonIds: freeIds, firstFreeUserId, revisions };
}

async function* resultsOf(run: RunStatement): AsyncGenerator<KeptResult[], void, undefined> {
  let last = { method: '', key: '' };
  for (;;) {
    const rows = await run(EXPORT_RESULTS, [last.method, last.key, BATCH_SIZE]);
    const results = (rows as [string, string, string, KeptAs, Uint8Array, string][]).map(
      ([method, key, digest, keptAs, bytes, createdAtMs]) => ({
        ...{ method, key, digest, result: { keptAs, bytes } },
        createdAtMs: Number(createdAtMs),
      }),
    );
    if (results.length > 0) yield results;
    if (results.length < BATCH_SIZE) return;
    last = results.at(-1) ?? last;
  }
}

/** Writes everything, within one transaction; see TransferStore. `begin` runs before each batch. */
export async function importAll(
  run: RunStatement,
  batches: AsyncIterable<StoreBatch>,
  begin: () => void,
): Promise<void> {
  if ((await run(IS_EMPTY, []))[0]?.[0] !== true) throw storeNotEmpty();
  await restartSearchIndex(run);
  let counters = await lockPeopleCounters(run);
  for await (const batch of batches) {
    begin();
    counters = await write(run, batch, counters);
  }
  await savePeopleCounters(run, counters);
}

/** Resolves with the counters after the batch. */
async function write(
  run: RunStatement,
  batch: StoreBatch,
  counters: PeopleCounters,
): Promise<PeopleCounters> {
  switch (batch.kind) {
    case 'people': {
      const rows = batch.messages.map(storedPersonRow);
      await insertPeople(run, rows.map(toWritten));
      await changeIndexes(run, keyChanges(rows, new Map()));
      return { ...counters, people: counters.people + rows.length };
    }
    case 'deleted-people':
      await insertDeleted(run, batch.messages.map(storedPersonRow).map(toWritten));
      break;
    case 'users':
      await insertUsers(run, batch.messages.map(storedUserRow));
      break;
    case 'results':
      await insertResults(run, batch.results);
      break;
    case 'imports':
      await insertImports(run, batch.imports);
      break;
    case 'import-faults':
      await insertFaults(run, batch.faults);
      break;
    case 'keys':
      for (const key of batch.keys) await insertKey(run, key);
      break;
    case 'counters':
      await raiseUserCounter(run, batch.firstFreeUserId);
      return {
        ...counters,
        freeIds: batch.freePersonIds,
        revision: batch.revisions.last,
        purgedRevision: batch.revisions.purged,
      };
  }
  return counters;
}

function toWritten(row: StoredPersonRow): WrittenPerson {
  return { row, revision: row.revision, deletedAtMs: row.deletedAtMs };
}

async function insertResults(run: RunStatement, results: readonly KeptResult[]): Promise<void> {
  const [bytes, starts, lengths] = packParameter(results.map(({ result }) => result.bytes));
  await run(IMPORT_RESULTS, [
    results.map(({ method }) => method),
    results.map(({ key }) => key),
    results.map(({ digest }) => digest),
    ...[bytes, starts, lengths],
    `{${results.map(({ createdAtMs }) => createdAtMs).join(',')}}`,
    results.map(({ result }) => result.keptAs),
  ]);
}
