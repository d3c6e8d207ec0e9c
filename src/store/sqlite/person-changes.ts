import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { externalIdAfter, idOfChange, planChange } from '../../directory/person-change.js';
import type { PersonChange } from '../../directory/store.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import type { DeletedPeopleTable } from './deleted-people-table.js';
import type { FreePersonIds } from './free-person-ids.js';
import type { PeopleRows } from './people-rows.js';
import type { PeopleTable } from './people-table.js';

/** Changes of single people. All of it must be called within a transaction. */
export interface PersonChanges {
  /** Changes nothing if it throws. */
  change(change: PersonChange, now: Date): Encoded<Person>;
  purge(before: Date, limit: number): number;
}

/** What changes of people write to. */
export interface PeopleTables {
  readonly people: PeopleTable;
  readonly rows: PeopleRows;
  readonly deletedPeople: DeletedPeopleTable;
}

/** Prepares changes of people; `forget` removes those who are purged from other indexes. */
export function preparePersonChanges(
  database: Database,
  counters: Counters,
  { people, rows, deletedPeople }: PeopleTables,
  freePersonIds: FreePersonIds,
  forget: (ids: readonly number[]) => void,
): PersonChanges {
  const selectOwner = database.prepare(
    'select person_id as id from person_external_ids where external_id = ?',
  );

  function ownerOf(externalId: string): number | undefined {
    if (externalId === '') return undefined;
    return (selectOwner.get(externalId) as { id: number } | undefined)?.id;
  }

  function change(wanted: PersonChange, now: Date): Encoded<Person> {
    const id = idOfChange(wanted);
    const stored = people.findByIds([id]);
    const deleted = deletedPeople.find([id]);
    const revision = counters.get('revision') + 1;
    const plan = planChange(wanted, {
      live: stored.get(id),
      deleted: deleted.get(id),
      externalIdOwner: ownerOf(externalIdAfter(wanted, deleted.get(id))),
      freeIds: freePersonIds.get(id > 0 ? [id] : [], id > 0 ? 0 : 1),
      revision,
      now,
    });
    switch (plan.kind) {
      case 'none':
        return plan.result;
      case 'put':
        deletedPeople.remove([...deleted.keys()]);
        rows.put([[plan.row]], stored, revision);
        freePersonIds.set(plan.freeIds);
        return plan.row.message;
      case 'delete':
        deletedPeople.add([{ ...plan.row, revision, deletedAtMs: now.getTime() }]);
        rows.remove([plan.row], revision);
        return plan.row.message;
    }
  }

  return {
    change,
    purge: (before, limit) => {
      const purged = deletedPeople.purge(before, limit);
      forget(purged.ids);
      const highest = Math.max(purged.revision, counters.get('purged_revision'));
      counters.set('purged_revision', highest);
      return purged.ids.length;
    },
  };
}
