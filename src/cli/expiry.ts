import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../config.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A day, or a time with its zone: `2027-01-31`, `2027-01-31T12:00:00Z`. */
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Parses when something expires, in milliseconds since 1970: `90d`, `12h`, `2027-01-31` (its
 * beginning, in UTC) or `never`, which is Infinity. Throws an InvalidArgumentError that commander
 * reports.
 */
export function parseExpiry(text: string, nowMs: number = Date.now()): number {
  if (text === 'never') return Infinity;
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  if (days !== undefined) return nowMs + Number(days) * DAY_MS;
  const dateMs = DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(dateMs)) return dateMs;
  try {
    return nowMs + parseDuration(text);
  } catch {
    throw new InvalidArgumentError(
      'It must be a duration such as 90d or 12h, a date such as 2027-01-31, or never.',
    );
  }
}
