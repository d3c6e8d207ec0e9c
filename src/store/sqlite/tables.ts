import type { Counters } from './counters.js';
import type { Database } from './database.js';
import { prepareDeletedPeople, type DeletedPeopleTable } from './deleted-people-table.js';
import { prepareFreePersonIds, type FreePersonIds } from './free-person-ids.js';
import { prepareIdempotency, type IdempotencyTable } from './idempotency-table.js';
import { prepareImports, type ImportsTable } from './imports-table.js';
import { prepareKeys, type KeysTable } from './keys-table.js';
import { preparePeopleRows, type PeopleRows } from './people-rows.js';
import { preparePeople, type PeopleTable } from './people-table.js';
import { prepareUsers, type UsersTable } from './users-table.js';

/** The statements on all tables. What writes must be called by the writer only. */
export interface Tables {
  readonly counters: Counters;
  readonly rows: PeopleRows;
  readonly deletedPeople: DeletedPeopleTable;
  readonly freePersonIds: FreePersonIds;
  readonly people: PeopleTable;
  readonly imports: ImportsTable;
  readonly users: UsersTable;
  readonly idempotency: IdempotencyTable;
  readonly keys: KeysTable;
}

/** Prepares the statements on one connection. */
export function prepareTables(database: Database, counters: Counters): Tables {
  const rows = preparePeopleRows(database, counters);
  const deletedPeople = prepareDeletedPeople(database);
  const freePersonIds = prepareFreePersonIds(database, counters);
  const people = preparePeople(database, counters, rows, deletedPeople, freePersonIds);
  return {
    counters,
    rows,
    deletedPeople,
    freePersonIds,
    people,
    imports: prepareImports(database),
    users: prepareUsers(database, counters),
    idempotency: prepareIdempotency(database, { people, deletedPeople }),
    keys: prepareKeys(database),
  };
}
