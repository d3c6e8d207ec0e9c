/** How a word stands in the index of a person. */
export interface WordPart {
  /** The whole word, its start, or three letters or more after its first one, or its start. */
  readonly at: 'whole' | 'start' | 'inside';
  readonly text: string;
}

/**
 * A query for people who have, for each list, at least one of its parts. An engine may find further
 * people for parts `inside`: whoever it finds is compared with the query again.
 */
export type TextQuery = readonly (readonly WordPart[])[];

/** Phones of deleted people are marked, as only lookups with `show_deleted` find these. */
const DELETED_MARK = '~~';

/** How the number of a phone stands in the index of a deleted person. */
export function markDeleted(digits: string): string {
  return DELETED_MARK + digits;
}
