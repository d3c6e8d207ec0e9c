import { cut, fold } from './fold.js';

/** Some characters become many; PostgreSQL indexes at most 2,704 bytes. */
const MAX_UNITS = 400;

/**
 * What people are ordered by when they are listed by name, compared byte by byte in UTF-8: the
 * name without regard to case, diacritics and surplus whitespace.
 */
export function nameKey(name: string): string {
  return cut(fold(name).trim().replace(/\s+/gu, ' '), MAX_UNITS);
}
