import { PersonOrder, type Person } from '../../../../gen/personguide/person_guide.js';
import { nameKey } from '../../../directory/name-key.js';

/** The place of a person in an order. */
export interface PersonKey {
  readonly id: number;
  /** The name as the order compares it, or the time of the last change in milliseconds. */
  readonly rank: string | number;
}

/** The place of a person in an order. */
export function keyOf(order: PersonOrder, { id, name, lastUpdated }: Person): PersonKey {
  switch (order) {
    case PersonOrder.PERSON_ORDER_NAME:
      return { id, rank: nameKey(name) };
    case PersonOrder.PERSON_ORDER_LAST_UPDATED:
      // The latest change comes first.
      return { id, rank: -(lastUpdated?.getTime() ?? 0) };
    default:
      return { id, rank: 0 };
  }
}

/** Whether the first key is behind the second one. */
export function isBehind(first: PersonKey, second: PersonKey): boolean {
  return first.rank === second.rank ? first.id > second.id : first.rank > second.rank;
}
