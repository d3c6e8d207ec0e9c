import type { UserRequest } from '../../../../gen/grpcUser/user.js';

const numbers = new Intl.NumberFormat('en');
const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const days = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/** `12,345`. */
export function numberText(value: number): string {
  return numbers.format(value);
}

/** `1 person`, `2 people`. */
export function countOf(value: number, one: string, several: string): string {
  return `${numberText(value)} ${value === 1 ? one : several}`;
}

/** The name of a user as it is shown. */
export function nameOfUser({ firstName, lastName }: UserRequest): string {
  return [firstName, lastName].filter((text) => text !== '').join(' ');
}

/** The day and the time. */
export function dateText(date: Date | undefined): string {
  return isTime(date) ? dates.format(date) : '';
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long ago a time is, or its day if that is more than a week. */
export function agoText(date: Date | undefined, nowMs = Date.now()): string {
  if (!isTime(date)) return '';
  const pastMs = nowMs - date.getTime();
  if (pastMs < MINUTE_MS) return 'just now';
  if (pastMs < HOUR_MS) return relative.format(-Math.floor(pastMs / MINUTE_MS), 'minute');
  if (pastMs < DAY_MS) return relative.format(-Math.floor(pastMs / HOUR_MS), 'hour');
  if (pastMs < 7 * DAY_MS) return relative.format(-Math.floor(pastMs / DAY_MS), 'day');
  return days.format(date);
}

/** `3 d 4 h`, `5 min`, `12 s`. */
export function durationText(seconds: number): string {
  const ms = seconds * SECOND_MS;
  if (ms >= DAY_MS) return `${Math.floor(ms / DAY_MS)} d ${Math.floor((ms % DAY_MS) / HOUR_MS)} h`;
  if (ms >= HOUR_MS) {
    return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`;
  }
  return ms >= MINUTE_MS ? `${Math.floor(ms / MINUTE_MS)} min` : `${Math.floor(seconds)} s`;
}

/** The date of a birthday, `2001-12-31` or `--12-31`. */
export function birthdayText(birthday: string): string {
  const [, year, month, day] = /^(\d{4}|-)-(\d{2})-(\d{2})$/.exec(birthday) ?? [];
  if (year === undefined) return birthday;
  const date = new Date(
    Date.UTC(year === '-' ? 2000 : Number(year), Number(month) - 1, Number(day)),
  );
  return date.toLocaleDateString('en', {
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
    ...(year === '-' ? {} : { year: 'numeric' }),
  });
}

/** At most two letters for a picture of a person. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const [first = ''] = words;
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  return (firstLetter(first) + firstLetter(last)).toUpperCase();
}

function firstLetter(word: string): string {
  const point = word.codePointAt(0);
  return point === undefined ? '' : String.fromCodePoint(point);
}

const TINTS = 6;

/** One of the colors for pictures, always the same for a person. */
export function tintOf(id: number): string {
  return `tint-${id % TINTS}`;
}

function isTime(date: Date | undefined): date is Date {
  return date !== undefined && !Number.isNaN(date.getTime());
}
