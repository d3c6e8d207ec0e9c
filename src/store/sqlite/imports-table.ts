import { ImportFault } from '../../../gen/personguide/person_guide.js';
import { importConflict } from '../../directory/errors.js';
import { importExpiredAtMs } from '../../directory/import-plan.js';
import type { ImportBatch, ImportOutcome, ImportProgress } from '../../directory/store.js';
import { createBulkInsert } from './bulk-insert.js';
import type { Database } from './database.js';

/** Faults of expired imports that a write deletes. */
const DELETED_PER_WRITE = 1000;

/** The statements on the progress and the faults of imports. */
export interface ImportsTable {
  find(importId: string, now: Date): ImportProgress | undefined;
  listFaults(importId: string, afterIndex: number, limit: number, now: Date): ImportFault[];
  /**
   * Adds what a batch did to its import. Must be called within the transaction of the batch.
   * Throws IMPORT_CONFLICT, and changes nothing then.
   */
  advance(importId: string, batch: ImportBatch, outcome: ImportOutcome, now: Date): void;
  /** Deletes some of what has expired. Must be called within a transaction. */
  deleteExpired(now: Date): void;
}

/** Prepares the statements on imports. */
export function prepareImports(database: Database): ImportsTable {
  const select = database.prepare(`
    select committed, created, updated, unchanged from imports
    where id = ? and changed_at_ms > ?`);
  const put = database.prepare(`
    insert or replace into imports (id, committed, created, updated, unchanged, changed_at_ms)
    values (?, ?, ?, ?, ?, ?)`);
  const selectFaults = database.prepare(`
    select message from import_faults
    where import_id = ? and person_index > ? order by person_index limit ?`);
  const insertFaults = createBulkInsert(
    database,
    'insert into import_faults (import_id, person_index, message)',
  );
  const deleteFaults = database.prepare(`
    delete from import_faults where import_id = ?1 and person_index in (
      select person_index from import_faults where import_id = ?1 order by person_index limit ?2
    ) returning person_index`);
  const selectExpired = database.prepare(`
    select id from imports where changed_at_ms <= ? order by changed_at_ms limit 1`);
  const deleteImport = database.prepare('delete from imports where id = ?');

  function find(importId: string, now: Date): ImportProgress | undefined {
    return select.get(importId, importExpiredAtMs(now)) as ImportProgress | undefined;
  }

  return {
    find,
    listFaults: (importId, afterIndex, limit, now) => {
      if (find(importId, now) === undefined) return [];
      const rows = selectFaults.all(importId, afterIndex, limit) as { message: Uint8Array }[];
      return rows.map(({ message }) => ImportFault.decode(message));
    },
    advance: (importId, batch, outcome, now) => {
      const before = find(importId, now);
      if ((before?.committed ?? 0) !== batch.committedBefore) throw importConflict();
      // Of an expired import with the same id.
      if (before === undefined) deleteFaults.all(importId, Number.MAX_SAFE_INTEGER);
      put.run(
        ...[importId, batch.committedAfter],
        ...[
          (before?.created ?? 0) + outcome.created,
          (before?.updated ?? 0) + outcome.updated,
          (before?.unchanged ?? 0) + outcome.unchanged,
        ],
        now.getTime(),
      );
      insertFaults(
        outcome.faults.flatMap((fault) => [
          ...[importId, fault.index],
          ImportFault.encode(fault).finish(),
        ]),
      );
    },
    deleteExpired: (now) => {
      const expired = selectExpired.get(importExpiredAtMs(now)) as { id: string } | undefined;
      if (expired === undefined) return;
      const deleted = deleteFaults.all(expired.id, DELETED_PER_WRITE);
      if (deleted.length < DELETED_PER_WRITE) deleteImport.run(expired.id);
    },
  };
}
