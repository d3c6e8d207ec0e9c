import { readPerson } from '../client/message-json.js';
import type { Entry, Frame, PeopleReader } from './entry.js';
import { valuesOfArray } from './json-values.js';
import { LineReader, withoutReturn } from './lines.js';

/** The frame of JSON lines. */
export const linesFrame: Frame = { head: '', separator: '\n', end: '\n', tail: '' };

/** The frame of a JSON array with a person per line. */
export const arrayFrame: Frame = { head: '[\n', separator: ',\n', end: '\n', tail: ']\n' };

/** Reads people from JSON lines: a person on each; blank lines are skipped. */
export function jsonLinesReader(text: AsyncIterable<string>): PeopleReader {
  const lines = new LineReader(text);
  async function* entries(): AsyncGenerator<Entry> {
    for (;;) {
      const line = await lines.next();
      if (line === undefined) return;
      if (line.trim() !== '') yield entryOf(lines.number, withoutReturn(line));
    }
  }
  return { entries: entries(), frame: () => linesFrame, ignoredColumns: () => [] };
}

/** Reads people from a JSON array, as it arrives. */
export function jsonArrayReader(text: AsyncIterable<string>): PeopleReader {
  async function* entries(): AsyncGenerator<Entry> {
    for await (const { line, source, isBroken } of valuesOfArray(text)) {
      const problems = [{ field: '', description: 'is not part of an array that ends with ]' }];
      yield isBroken ? { line, source, problems } : entryOf(line, source);
    }
  }
  return { entries: entries(), frame: () => arrayFrame, ignoredColumns: () => [] };
}

function entryOf(line: number, source: string): Entry {
  let document: unknown;
  try {
    document = JSON.parse(source);
  } catch (error) {
    const description = `is not valid JSON: ${(error as Error).message}`;
    return { line, source, problems: [{ field: '', description }] };
  }
  const { person, violations } = readPerson(document);
  return person === undefined ? { line, source, problems: violations } : { line, source, person };
}
