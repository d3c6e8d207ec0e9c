import { ImportFault } from '../../../gen/personguide/person_guide.js';
import { importConflict } from '../../directory/errors.js';
import {
  decodedBatch,
  importLookups,
  planImport,
  type DecodedBatch,
  type ImportPlan,
} from '../../directory/import-plan.js';
import type { ImportBatch, ImportOutcome, ImportProgress } from '../../directory/store.js';
import { readPeopleCounters } from './counters.js';
import type { RunStatement } from './database.js';
import { insertFaults } from './kept-imports.js';
import { lockPeople, PeopleWriter } from './people-writer.js';

/** How long an import can be resumed after its last batch. */
const IMPORT_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/** Faults of expired imports that a batch deletes. */
const DELETED_PER_BATCH = 1_000;

const FIND_BY_EMAIL = {
  name: 'find_lowest_ids_by_email',
  text: `
    with wanted as (select unnest($1::text[]) as key)
    select key, min(id) from (
      select key, id from wanted cross join lateral (
        select id from people where email = key order by id limit 1
      ) as first
      union all
      select key, person_id from wanted cross join lateral (
        select person_id from person_emails where email = key order by person_id limit 1
      ) as further
    ) as found
    group by key`,
};

const FIND = {
  name: 'find_import',
  text: `
    select committed, created, updated, unchanged from imports
    where id = $1 and changed_at_ms > $2`,
};

const PUT = {
  name: 'put_import',
  text: `
    insert into imports (id, committed, created, updated, unchanged, changed_at_ms)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (id) do update
      set committed = excluded.committed, created = excluded.created, updated = excluded.updated,
        unchanged = excluded.unchanged, changed_at_ms = excluded.changed_at_ms`,
};

const FORGET_FAULTS = {
  name: 'forget_faults_of_import',
  text: 'delete from import_faults where import_id = $1',
};

const LIST_FAULTS = {
  name: 'list_import_faults',
  text: `
    select message from import_faults join imports on imports.id = import_id
    where import_id = $1 and person_index > $2 and changed_at_ms > $3
    order by person_index limit $4`,
};

const DELETE_EXPIRED_FAULTS = {
  name: 'delete_faults_of_expired_imports',
  text: `
    delete from import_faults where (import_id, person_index) in (
      select import_id, person_index
      from imports join import_faults on import_id = imports.id
      where changed_at_ms <= $1 limit $2
    )`,
};

const DELETE_EXPIRED = {
  name: 'delete_expired_imports',
  text: `
    delete from imports where changed_at_ms <= $1
      and not exists (select 1 from import_faults where import_id = imports.id)`,
};

const NOTHING: ImportProgress = { committed: 0, created: 0, updated: 0, unchanged: 0 };

/** Finds out what a batch would do. */
export async function tryImport(
  run: RunStatement,
  batch: ImportBatch,
  now: Date,
): Promise<ImportOutcome> {
  const writer = new PeopleWriter(run, await readPeopleCounters(run), now);
  return (await plan(run, writer, await decodedBatch(batch))).outcome;
}

/** Imports a batch within a transaction; see ImportStore. */
export async function importBatch(
  run: RunStatement,
  batch: ImportBatch,
  now: Date,
): Promise<ImportOutcome> {
  const decoded = await decodedBatch(batch);
  // The lock also keeps other calls from moving the same import on.
  const writer = await lockPeople(run, now);
  const progress = await requireProgress(run, batch, now);
  const { rows, outcome, freeIds } = await plan(run, writer, decoded);
  if (rows.length > 0) writer.put(rows, freeIds);
  await writer.write();
  await saveProgress(run, batch, progress, outcome, now);
  return outcome;
}

async function plan(
  run: RunStatement,
  writer: PeopleWriter,
  batch: DecodedBatch,
): Promise<ImportPlan> {
  const lookups = importLookups(batch);
  const idsByExternalId = await writer.loadOwners(lookups.externalIds);
  const idsByEmail = await findByEmail(run, lookups.emails);
  const matched = [...idsByExternalId.values(), ...idsByEmail.values()];
  await writer.load([...new Set([...lookups.ids, ...matched])]);
  await writer.requireFreeIds(lookups.ids, batch.people.length);
  return planImport(batch, {
    live: writer.live,
    deleted: writer.deleted,
    ...{ idsByExternalId, idsByEmail },
    freeIds: writer.freeIds,
    revision: writer.nextRevision,
    now: writer.now,
  });
}

async function findByEmail(
  run: RunStatement,
  emails: readonly string[],
): Promise<Map<string, number>> {
  if (emails.length === 0) return new Map();
  return new Map((await run(FIND_BY_EMAIL, [emails])) as [string, number][]);
}

async function requireProgress(
  run: RunStatement,
  { importId, committedBefore }: ImportBatch,
  now: Date,
): Promise<ImportProgress> {
  if (importId === undefined) return NOTHING;
  const progress = await findImport(run, importId, now);
  if ((progress?.committed ?? 0) !== committedBefore) throw importConflict();
  if (progress === undefined) await run(FORGET_FAULTS, [importId]);
  return progress ?? NOTHING;
}

async function saveProgress(
  run: RunStatement,
  { importId, committedAfter }: ImportBatch,
  before: ImportProgress,
  { created, updated, unchanged, faults }: ImportOutcome,
  now: Date,
): Promise<void> {
  if (importId === undefined) return;
  await run(PUT, [
    ...[importId, committedAfter, before.created + created, before.updated + updated],
    ...[before.unchanged + unchanged, now.getTime()],
  ]);
  await insertFaults(
    run,
    faults.map((fault) => ({ importId, fault })),
  );
  const expired = expiredAtMs(now);
  await run(DELETE_EXPIRED_FAULTS, [expired, DELETED_PER_BATCH + faults.length]);
  await run(DELETE_EXPIRED, [expired]);
}

/** The progress of an import; see ImportStore. */
export async function findImport(
  run: RunStatement,
  importId: string,
  now: Date,
): Promise<ImportProgress | undefined> {
  const [row] = await run(FIND, [importId, expiredAtMs(now)]);
  if (row === undefined) return undefined;
  const [committed = 0, created = 0, updated = 0, unchanged = 0] = row as readonly number[];
  return { committed, created, updated, unchanged };
}

/** The stored faults of an import; see ImportStore. */
export async function listImportFaults(
  run: RunStatement,
  importId: string,
  afterIndex: number,
  limit: number,
  now: Date,
): Promise<readonly ImportFault[]> {
  const rows = await run(LIST_FAULTS, [importId, afterIndex, expiredAtMs(now), limit]);
  return rows.map(([message]) => ImportFault.decode(message as Uint8Array));
}

function expiredAtMs(now: Date): number {
  return now.getTime() - IMPORT_LIFETIME_MS;
}
