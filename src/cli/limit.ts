import { InvalidArgumentError, Option } from 'commander';

/** The option `--limit`. */
export function limitOption(what: string): Option {
  return new Option('--limit <number>', `show at most that many ${what}`).argParser(
    parsePositiveInteger,
  );
}

/** Parses a whole number. Throws an InvalidArgumentError that commander reports. */
export function parseNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It must be a whole number.');
}

/** Parses a whole number above zero. Throws an InvalidArgumentError that commander reports. */
export function parsePositiveInteger(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It must be a whole number above zero.');
}

/** Yields the first items, at most `limit`; the rest is not waited for. */
export async function* take<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit = Infinity,
): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    yield item;
    count += 1;
    if (count >= limit) return;
  }
}
