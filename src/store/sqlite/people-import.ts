import {
  importLookups,
  planImport,
  type DecodedBatch,
  type ImportContext,
  type ImportPlan,
} from '../../directory/import-plan.js';
import type { ImportOutcome } from '../../directory/store.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import type { FreePersonIds } from './free-person-ids.js';
import type { ImportsTable } from './imports-table.js';
import type { PeopleTables } from './person-changes.js';

/** Imports of people, batch by batch. */
export interface PeopleImport {
  /** Must be called within a transaction. Changes nothing if it throws. */
  import(batch: DecodedBatch, now: Date): ImportOutcome;
  /** Finds out what `import` would do. */
  tryOut(batch: DecodedBatch, now: Date): ImportOutcome;
}

/** Prepares the statements of imports. */
export function preparePeopleImport(
  database: Database,
  counters: Counters,
  { people, rows, deletedPeople }: PeopleTables,
  imports: ImportsTable,
  freePersonIds: FreePersonIds,
): PeopleImport {
  const byExternalIds = database.prepare(`
    select external_id as key, person_id as id from person_external_ids
    where external_id in (select value from json_each(?))`);
  const byEmails = database.prepare(`
    select key, min(id) as id from (
      select wanted.value as key, people.id
      from json_each(?1) as wanted join people on people.email = wanted.value
      union all
      select wanted.value as key, person_emails.person_id as id
      from json_each(?1) as wanted join person_emails on person_emails.email = wanted.value
    ) group by key`);

  function idsByKey(statement: typeof byEmails, keys: readonly string[]): Map<string, number> {
    if (keys.length === 0) return new Map();
    const found = statement.all(JSON.stringify(keys)) as { key: string; id: number }[];
    return new Map(found.map(({ key, id }) => [key, id]));
  }

  function contextOf(batch: DecodedBatch, now: Date): ImportContext {
    const { ids, externalIds, emails } = importLookups(batch);
    const idsByExternalId = idsByKey(byExternalIds, externalIds);
    const idsByEmail = idsByKey(byEmails, emails);
    const found = [...new Set([...ids, ...idsByExternalId.values(), ...idsByEmail.values()])];
    return {
      live: people.findByIds(found),
      deleted: deletedPeople.find(ids),
      idsByExternalId,
      idsByEmail,
      freeIds: freePersonIds.get(ids, batch.people.length),
      revision: counters.get('revision') + 1,
      now,
    };
  }

  function write({ rows: changed, freeIds }: ImportPlan, context: ImportContext): void {
    if (changed.length === 0) return;
    deletedPeople.remove(changed.map(({ id }) => id).filter((id) => context.deleted.has(id)));
    rows.put([changed], context.live, context.revision);
    freePersonIds.set(freeIds);
  }

  return {
    tryOut: (batch, now) => planImport(batch, contextOf(batch, now)).outcome,
    import: (batch, now) => {
      const context = contextOf(batch, now);
      const plan = planImport(batch, context);
      imports.deleteExpired(now);
      if (batch.importId !== undefined) {
        imports.advance(batch.importId, batch, plan.outcome, now);
      }
      write(plan, context);
      return plan.outcome;
    },
  };
}
