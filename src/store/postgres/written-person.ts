import type { PersonRow } from '../../directory/person-row.js';

/** A person as a write leaves it. */
export interface WrittenPerson {
  readonly row: PersonRow;
  readonly revision: number;
  /** Undefined for a person who is not deleted. */
  readonly deletedAtMs: number | undefined;
}
