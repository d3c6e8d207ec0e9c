/** Apple's year for birthdays without one. */
const NO_YEAR = '1604';

const DATE = /^(\d{4}|--)-?(\d\d)-?(\d\d)(?:T.*)?$/;

/**
 * `20011231`, `2001-12-31T00:00:00Z` -> `2001-12-31`; `--1231` -> `--12-31`; undefined for other
 * texts. A date in the year that stands for none, if there is one, is a birthday without a year.
 */
export function birthdayOf(text: string, noYear?: string): string | undefined {
  const [, year, month, day] = DATE.exec(text.trim()) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  return year === '--' || year === noYear ? `--${month}-${day}` : `${year}-${month}-${day}`;
}

/** `2001-12-31` -> `20011231`, `--12-31` -> `--1231`, as vCard 4 has it. */
export function basicDate(birthday: string): string {
  return birthday.startsWith('--')
    ? `--${birthday.slice(2).replaceAll('-', '')}`
    : birthday.replaceAll('-', '');
}

/** A birthday for vCard 3, which needs a year; `noYear` is the year that stands for none. */
export function dateWithYear(birthday: string): {
  readonly date: string;
  readonly noYear?: string;
} {
  if (!birthday.startsWith('--')) return { date: birthday };
  return { date: NO_YEAR + birthday.slice(1), noYear: NO_YEAR };
}
