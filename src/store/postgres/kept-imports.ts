import { ImportFault } from '../../../gen/personguide/person_guide.js';
import type { KeptFault, KeptImport } from '../../directory/store.js';
import { intArray, type RunStatement } from './database.js';
import { packParameter } from './packed-parameter.js';

const SELECT_IMPORTS = {
  name: 'export_imports',
  text: `
    select id, committed, created, updated, unchanged, changed_at_ms from imports
    where id > $1 order by id limit $2`,
};

const SELECT_FAULTS = {
  name: 'export_import_faults',
  text: `
    select import_id, message from import_faults
    where (import_id, person_index) > ($1, $2) order by import_id, person_index limit $3`,
};

const INSERT_IMPORTS = {
  name: 'insert_imports',
  text: `
    insert into imports (id, committed, created, updated, unchanged, changed_at_ms)
    select * from unnest(
      $1::text[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::bigint[]
    )`,
};

const INSERT_FAULTS = {
  name: 'insert_import_faults',
  text: `
    insert into import_faults (import_id, person_index, message)
    select import_id, person_index, substring($3::bytea from start for length)
    from unnest($1::text[], $2::integer[], $4::integer[], $5::integer[])
      as sent (import_id, person_index, start, length)`,
};

/** All imports in the order of their ids, in batches of that size. */
export function keptImports(
  run: RunStatement,
  size: number,
): AsyncGenerator<readonly KeptImport[], void, undefined> {
  return batches(size, async (last: KeptImport | undefined) => {
    const rows = await run(SELECT_IMPORTS, [last?.importId ?? '', size]);
    return rows.map(([importId, ...counts]) => {
      const [committed, created, updated, unchanged, changedAtMs] = counts.map(Number);
      return {
        importId: importId as string,
        ...{ committed: committed ?? 0, created: created ?? 0, updated: updated ?? 0 },
        ...{ unchanged: unchanged ?? 0, changedAtMs: changedAtMs ?? 0 },
      };
    });
  });
}

/** All faults of imports in the order of import and index, in batches of that size. */
export function keptFaults(
  run: RunStatement,
  size: number,
): AsyncGenerator<readonly KeptFault[], void, undefined> {
  return batches(size, async (last: KeptFault | undefined) => {
    const after = [last?.importId ?? '', last?.fault.index ?? -1];
    const rows = await run(SELECT_FAULTS, [...after, size]);
    return (rows as [string, Uint8Array][]).map(([importId, message]) => ({
      importId,
      fault: ImportFault.decode(message),
    }));
  });
}

/** Inserts imports, within a transaction. */
export async function insertImports(
  run: RunStatement,
  imports: readonly KeptImport[],
): Promise<void> {
  await run(INSERT_IMPORTS, [
    imports.map(({ importId }) => importId),
    intArray(imports.map(({ committed }) => committed)),
    intArray(imports.map(({ created }) => created)),
    intArray(imports.map(({ updated }) => updated)),
    intArray(imports.map(({ unchanged }) => unchanged)),
    intArray(imports.map(({ changedAtMs }) => changedAtMs)),
  ]);
}

/** Inserts faults of imports, within a transaction. */
export async function insertFaults(run: RunStatement, faults: readonly KeptFault[]): Promise<void> {
  if (faults.length === 0) return;
  await run(INSERT_FAULTS, [
    faults.map(({ importId }) => importId),
    intArray(faults.map(({ fault }) => fault.index)),
    ...packParameter(faults.map(({ fault }) => ImportFault.encode(fault).finish())),
  ]);
}

/** Reads one batch after another, each after the last record of the one before. */
async function* batches<T>(
  size: number,
  next: (last: T | undefined) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[], void, undefined> {
  for (let last: T | undefined; ;) {
    const batch = await next(last);
    if (batch.length > 0) yield batch;
    if (batch.length < size) return;
    last = batch.at(-1);
  }
}
