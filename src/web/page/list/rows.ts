import type { Person } from '../../../../gen/personguide/person_guide.js';
import type { Observable } from '../observable.js';

/** A person of a list, and what of the person a search has found. */
export interface Row {
  readonly person: Person;
  /** The field that matches best; undefined outside of searches. */
  readonly field?: string;
}

/** Rows that are read when they are to be shown. */
export interface Rows extends Observable {
  readonly count: number;
  /** Whether `count` may still grow when further rows are read. */
  readonly isOpenEnded: boolean;
  /** Whether nothing has been read yet. */
  readonly isLoading: boolean;
  /** Why rows could not be read; undefined if they could. */
  readonly error: unknown;
  /** What is being done for a distant row, from 0 to 1; undefined if nothing takes long. */
  readonly progress: number | undefined;
  at(row: number): Row | undefined;
  /** The row of a person who is in memory. */
  rowOf(id: number): number | undefined;
  /** Reads these rows, and forgets others if there are too many. */
  show(firstRow: number, lastRow: number): void;
  /** Says that the directory has changed: shows these people as they are now, and reads again. */
  expire(people: readonly Person[]): void;
  /** Tries again after an error. */
  retry(): void;
}

/** Whether a person is as it was before the known one: changes may arrive late. */
export function isOlder(person: Person, known: Person): boolean {
  return (person.lastUpdated?.getTime() ?? 0) < (known.lastUpdated?.getTime() ?? 0);
}
