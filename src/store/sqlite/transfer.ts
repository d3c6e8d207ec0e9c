import type { UserRequest } from '../../../gen/grpcUser/user.js';
import type { Person } from '../../../gen/personguide/person_guide.js';
import { storeNotEmpty } from '../../directory/errors.js';
import { readPages } from '../../directory/pages.js';
import { keyChanges, storedPersonRow } from '../../directory/person-row.js';
import type { IdempotencyKey, KeptMessage, KeptResult, StoreBatch } from '../../directory/store.js';
import { storedUserRow } from '../../directory/user-row.js';
import { createBulkInsert } from './bulk-insert.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import { prepareDeletedPeople } from './deleted-people-table.js';
import { rollBack } from './group-commit.js';
import { prepareKeptImports } from './kept-imports.js';
import { prepareKeys } from './keys-table.js';
import { restartSearchIndex } from './search-index.js';
import { PACKED } from './packed.js';
import { createPageReader } from './pages.js';
import { preparePersonIndexes } from './person-indexes.js';

/** Records per batch. */
const BATCH_SIZE = 1000;

/** Reads everything; see TransferStore. `begin` runs before each batch and may throw. */
export async function* exportAll(
  database: Database,
  counters: Counters,
  begin: () => void,
): AsyncGenerator<StoreBatch, void, undefined> {
  const readPeople = createPageReader<Person>(database.prepare(pagesOf('people')));
  const readDeleted = createPageReader<Person>(database.prepare(pagesOf('deleted_people')));
  const readUsers = createPageReader<UserRequest>(database.prepare(pagesOf('users')));
  begin();
  const people = readPages(BATCH_SIZE, async (page) => readPeople(page));
  for await (const { messages } of people) {
    if (messages.length > 0) yield { kind: 'people', messages };
    begin();
  }
  for await (const { messages } of readPages(BATCH_SIZE, async (page) => readDeleted(page))) {
    if (messages.length > 0) yield { kind: 'deleted-people', messages };
    begin();
  }
  for await (const { messages } of readPages(BATCH_SIZE, async (page) => readUsers(page))) {
    if (messages.length > 0) yield { kind: 'users', messages };
    begin();
  }
  for (const results of resultsOf(database)) {
    yield { kind: 'results', results };
    begin();
  }
  const kept = prepareKeptImports(database);
  for (const imports of kept.imports(BATCH_SIZE)) {
    yield { kind: 'imports', imports };
    begin();
  }
  for (const faults of kept.faults(BATCH_SIZE)) {
    yield { kind: 'import-faults', faults };
    begin();
  }
  const keys = prepareKeys(database).list();
  if (keys.length > 0) yield { kind: 'keys', keys };
  begin();
  const freePersonIds = {
    first: counters.get('first_free_person_id'),
    end: counters.get('end_of_free_person_ids'),
  };
  const firstFreeUserId = counters.get('first_free_user_id');
  const revisions = { last: counters.get('revision'), purged: counters.get('purged_revision') };
  yield { kind: 'counters', freePersonIds, firstFreeUserId, revisions };
}

function pagesOf(table: 'people' | 'deleted_people' | 'users'): string {
  return `
    select ${PACKED} from (
      select id, message from ${table} where id > ? order by id limit ?
    )`;
}

type ResultRow = IdempotencyKey & KeptMessage & Pick<KeptResult, 'createdAtMs'>;

function* resultsOf(database: Database): Generator<KeptResult[], void, undefined> {
  const next = database.prepare(`
    select method, key, digest, kept_as as keptAs, result as bytes, created_at_ms as createdAtMs
    from idempotency_results
    where (method, key) > (?, ?) order by method, key limit 1`);
  let batch: KeptResult[] = [];
  let last = { method: '', key: '' };
  for (;;) {
    const found = next.get(last.method, last.key) as ResultRow | undefined;
    if (found !== undefined) {
      const { method, key, digest, keptAs, bytes, createdAtMs } = found;
      batch.push({ method, key, digest, result: { keptAs, bytes }, createdAtMs });
    }
    const full = batch.length === BATCH_SIZE;
    if (batch.length > 0 && (full || found === undefined)) {
      yield batch;
      batch = [];
    }
    if (found === undefined) return;
    last = found;
  }
}

/** Writes everything in one transaction, batch by batch; see TransferStore. */
export interface ContentImport {
  /** Throws STORE_NOT_EMPTY. */
  beginImport(): void;
  /** If it throws, nothing is written, and the import has ended. */
  importBatch(batch: StoreBatch): void;
  commitImport(): void;
  /** Does nothing if the import has ended. */
  rollBackImport(): void;
}

/** Prepares an import; `begin` begins a transaction. */
export function prepareContentImport(
  database: Database,
  counters: Counters,
  begin: () => void,
): ContentImport {
  let write: ((batch: StoreBatch) => void) | undefined;

  function rollBackImport(): void {
    if (write === undefined) return;
    write = undefined;
    rollBack(database);
    counters.reset();
  }

  function orRollBack(work: () => void): void {
    try {
      work();
    } catch (error) {
      rollBackImport();
      throw error;
    }
  }

  return {
    beginImport: () => {
      begin();
      write = prepareWrite(database, counters);
      orRollBack(() => {
        requireEmpty(database);
        restartSearchIndex(database);
      });
    },
    importBatch: (batch) => {
      orRollBack(() => write?.(batch));
    },
    commitImport: () => {
      orRollBack(() => {
        counters.save();
        database.exec('commit');
      });
      write = undefined;
    },
    rollBackImport,
  };
}

function requireEmpty(database: Database): void {
  const query = `
    select exists (select 1 from people) or exists (select 1 from deleted_people)
      or exists (select 1 from users) as found`;
  const { found } = database.prepare(query).get() as { found: number };
  if (found !== 0) throw storeNotEmpty();
}

function prepareWrite(database: Database, counters: Counters): (batch: StoreBatch) => void {
  const insertPeople = createBulkInsert(
    database,
    'insert into people (id, email, message, revision)',
  );
  const insertUsers = createBulkInsert(
    database,
    'insert into users (id, verified, email_key, message)',
  );
  const insertResults = createBulkInsert(
    database,
    `insert or replace into idempotency_results
      (method, key, digest, kept_as, result, created_at_ms)`,
  );
  const keys = prepareKeys(database);
  const kept = prepareKeptImports(database);
  const deletedPeople = prepareDeletedPeople(database);
  const changeIndexes = preparePersonIndexes(database);

  return (batch) => {
    switch (batch.kind) {
      case 'people': {
        const rows = batch.messages.map(storedPersonRow);
        insertPeople(
          rows.flatMap(({ id, email, message, revision }) => [id, email, message, revision]),
        );
        changeIndexes([keyChanges(rows, new Map())]);
        counters.set('people', counters.get('people') + rows.length);
        break;
      }
      case 'deleted-people':
        deletedPeople.add(batch.messages.map(storedPersonRow));
        break;
      case 'users':
        insertUsers(
          batch.messages
            .map(storedUserRow)
            .flatMap((row) => [row.id, row.verified ? 1 : 0, row.emailKey ?? null, row.message]),
        );
        break;
      case 'results':
        insertResults(
          batch.results.flatMap(({ method, key, digest, result, createdAtMs }) => [
            ...[method, key, digest],
            ...[result.keptAs, result.bytes, createdAtMs],
          ]),
        );
        break;
      case 'imports':
        kept.putImports(batch.imports);
        break;
      case 'import-faults':
        kept.putFaults(batch.faults);
        break;
      case 'keys':
        for (const key of batch.keys) keys.add(key);
        break;
      case 'counters':
        counters.set('first_free_person_id', batch.freePersonIds.first);
        counters.set('end_of_free_person_ids', batch.freePersonIds.end);
        counters.set('first_free_user_id', batch.firstFreeUserId);
        counters.set('revision', batch.revisions.last);
        counters.set('purged_revision', batch.revisions.purged);
        break;
    }
  };
}
