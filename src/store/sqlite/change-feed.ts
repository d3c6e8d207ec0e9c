import { syncTokenExpired } from '../../directory/errors.js';
import { MAX_ID } from '../../directory/free-ids.js';
import type { ChangePage, ChangePosition, PersonState } from '../../directory/store.js';
import type { Counters } from './counters.js';
import type { Database } from './database.js';
import { PACKED, type PackedRow } from './packed.js';
import { createBoundedRead } from './pages.js';

const changesOf = (table: 'people' | 'deleted_people', deleted: 0 | 1): string => `
  select * from (
    select id, revision, ${deleted} as deleted, message from ${table}
    where (revision, id) > (?1, ?2) order by revision, id limit ?3
  )`;

/** The next ?3 people, also deleted ones, who were changed after revision ?1 or in it with ids above ?2. */
export const CHANGED_PEOPLE = `
  ${changesOf('people', 0)} union all ${changesOf('deleted_people', 1)}
  order by revision, id limit ?3`;

/** The changes of people in the order of their revisions; see ChangeStore. */
export interface ChangeFeed {
  currentPosition(): ChangePosition;
  read(after: ChangePosition, limit: number): ChangePage;
  onChange(listener: () => void): () => void;
  /** Notifies the listeners, in a turn of its own, if people were changed since the last time. */
  notify(): void;
}

interface PackedChanges extends PackedRow {
  /** An id, a revision and a flag for each message. */
  readonly states: string | null;
}

/** Prepares the statements that read changes. */
export function prepareChangeFeed(database: Database, counters: Counters): ChangeFeed {
  const readStates = createBoundedRead<PackedChanges>(
    database.prepare(`
      select ${PACKED}, group_concat(id || ' ' || revision || ' ' || deleted) as states from (
        ${CHANGED_PEOPLE}
      )`),
  );
  const listeners = new Set<() => void>();
  let notifiedRevision = counters.get('revision');

  function currentPosition(): ChangePosition {
    return { revision: counters.get('revision'), id: MAX_ID };
  }

  function read(after: ChangePosition, limit: number): ChangePage {
    const current = currentPosition();
    if (after.revision < counters.get('purged_revision') || after.revision > current.revision) {
      throw syncTokenExpired();
    }
    const { row, messages, done } = readStates(limit, after.revision, after.id);
    const states = row.states?.split(',') ?? [];
    const people = messages.map((message, index) => stateOf(states[index] ?? '', message));
    const last = people.at(-1);
    const position =
      done || last === undefined ? current : { revision: last.revision, id: last.id };
    return { people, position, done };
  }

  return {
    currentPosition,
    read,
    onChange: (listener) => {
      // A listener that is added twice is called twice.
      const call = (): void => {
        listener();
      };
      listeners.add(call);
      return () => {
        listeners.delete(call);
      };
    },
    notify: () => {
      if (counters.get('revision') === notifiedRevision) return;
      notifiedRevision = counters.get('revision');
      if (listeners.size === 0) return;
      setImmediate(() => {
        for (const listener of listeners) listener();
      });
    },
  };
}

/** In the order of the changes after the revision ?1 and the id ?2, at most ?3. */
function stateOf(text: string, message: Uint8Array): PersonState {
  const [id = 0, revision = 0, deleted] = text.split(' ').map(Number);
  return { id, revision, message, deleted: deleted === 1 };
}
