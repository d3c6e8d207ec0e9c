import { ImportFault } from '../../../gen/personguide/person_guide.js';
import type { KeptFault, KeptImport } from '../../directory/store.js';
import { createBulkInsert } from './bulk-insert.js';
import type { Database } from './database.js';

/** All imports and their faults, for a copy of the store. */
export interface KeptImports {
  /** In batches of that size, as the two below. */
  imports(size: number): Generator<readonly KeptImport[], void, undefined>;
  faults(size: number): Generator<readonly KeptFault[], void, undefined>;
  putImports(imports: readonly KeptImport[]): void;
  putFaults(faults: readonly KeptFault[]): void;
}

interface FaultRow {
  readonly importId: string;
  readonly message: Uint8Array;
}

/** Prepares the statements on all imports. */
export function prepareKeptImports(database: Database): KeptImports {
  const selectImports = database.prepare(`
    select id as importId, committed, created, updated, unchanged, changed_at_ms as changedAtMs
    from imports where id > ? order by id limit ?`);
  const selectFaults = database.prepare(`
    select import_id as importId, message from import_faults
    where (import_id, person_index) > (?, ?) order by import_id, person_index limit ?`);
  const insertImports = createBulkInsert(
    database,
    'insert into imports (id, committed, created, updated, unchanged, changed_at_ms)',
  );
  const insertFaults = createBulkInsert(
    database,
    'insert into import_faults (import_id, person_index, message)',
  );

  function faultsAfter(last: KeptFault | undefined, size: number): KeptFault[] {
    const after = [last?.importId ?? '', last?.fault.index ?? -1] as const;
    const rows = selectFaults.all(...after, size) as FaultRow[];
    return rows.map(({ importId, message }) => ({ importId, fault: ImportFault.decode(message) }));
  }

  return {
    imports: (size) =>
      batches(size, (last) => selectImports.all(last?.importId ?? '', size) as KeptImport[]),
    faults: (size) => batches(size, (last) => faultsAfter(last, size)),
    putImports: (imports) => {
      insertImports(
        imports.flatMap(({ importId, committed, created, updated, unchanged, changedAtMs }) => [
          ...[importId, committed, created],
          ...[updated, unchanged, changedAtMs],
        ]),
      );
    },
    putFaults: (faults) => {
      insertFaults(
        faults.flatMap(({ importId, fault }) => [
          ...[importId, fault.index],
          ImportFault.encode(fault).finish(),
        ]),
      );
    },
  };
}

/** Reads one batch after another, each after the last record of the one before. */
function* batches<T>(
  size: number,
  next: (last: T | undefined) => T[],
): Generator<T[], void, undefined> {
  for (let batch = next(undefined); batch.length > 0; batch = next(batch.at(-1))) {
    yield batch;
    if (batch.length < size) return;
  }
}
