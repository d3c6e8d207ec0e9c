import { invalid, type Violation } from 'personguide/server';

/** The largest quantity of one order or one delivery, in units. */
export const MAX_QUANTITY = 1_000_000;

/** A violation unless the integer is from `min` to `max`. */
export function outOfRange(field: string, value: number, min: number, max?: number): Violation[] {
  if (value >= min && value <= (max ?? Infinity)) return [];
  const description =
    max === undefined ? `must be at least ${min}` : `must be from ${min} to ${max}`;
  return [{ field, description }];
}

/** A violation if the text is longer than `maxLength` UTF-16 code units. */
export function tooLong(field: string, text: string, maxLength: number): Violation[] {
  if (text.length <= maxLength) return [];
  return [{ field, description: `must have at most ${maxLength} characters` }];
}

/** Throws `invalid` with all violations, if there are any. */
export function throwIfAny(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalid(violations);
}
