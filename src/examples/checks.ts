import { invalid, type Violation } from 'personguide/server';

/** No order and no delivery has more of a product than this. */
export const MAX_QUANTITY = 1_000_000;

/** What is wrong with a whole number, if it is not from `min` to `max`. */
export function outOfRange(field: string, value: number, min: number, max?: number): Violation[] {
  if (value >= min && value <= (max ?? Infinity)) return [];
  const description =
    max === undefined ? `must be at least ${min}` : `must be from ${min} to ${max}`;
  return [{ field, description }];
}

/** Throws `invalid` with all violations at once, if there are any. */
export function refuseIfAny(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalid(violations);
}
