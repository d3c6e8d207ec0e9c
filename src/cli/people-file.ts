import type { Readable } from 'node:stream';
import { readPerson } from '../client/message-json.js';
import type { PersonInput } from '../index.js';
import { openSource, sourceName, unreadable, usageError } from './file-source.js';
import { linesOf, MAX_LINE_CHARACTERS } from './lines.js';
import { fieldsLine } from './one-line.js';

/** The people in a file, in its order. */
export interface PeopleFile {
  /** Can be iterated once. Rejects with a usage error at the first invalid person. */
  readonly people: Iterable<PersonInput> | AsyncIterable<PersonInput>;
  /** The place of the person with that index (from 0): `people.jsonl:4` or `people.json[3]`. */
  readonly placeOf: (index: number) => string;
  /**
   * The part of the file that has been read, from 0 to 1, when that many people were iterated;
   * undefined if its size is not known.
   */
  readonly fraction: (count: number) => number | undefined;
  /** Closes the file, also during a read. */
  close(): void;
}

/** The help of the argument FILE. */
export const PEOPLE_FILE = 'people as a JSON array or JSON lines; - for standard input';

/** The part of the help that shows a person as a file contains it. */
export const PEOPLE_FILE_NOTE = `A person in the file. Missing fields are recorded as empty, except that missing adresses do not
change the recorded ones:
  {"id":1,"name":"Juan","email":"juan@gmail.com","phones":[{"number":"1234","type":"HOME"}],"adresses":[{"name":"my adress"}]}`;

const LINES_HINT = ' (a file contains a JSON array, or one whole person per line)';

/**
 * Opens a file of people, or standard input for `-`: a JSON array, or JSON lines (one person per
 * line; blank lines are skipped). An array is read and checked as a whole; JSON lines are read as
 * they are iterated. Rejects with a usage error if the file cannot be read or an array contains an
 * invalid person, and with the signal's reason if the signal is aborted.
 */
export async function openPeopleFile(path: string, signal: AbortSignal): Promise<PeopleFile> {
  const name = sourceName(path);
  const { source, fraction } = await openSource(path, signal);
  const close = (): void => void source.destroy();
  const lines = readableLines(source, name, signal);
  const blankLines: number[] = [];
  try {
    let first = await lines.next();
    for (let number = 1; first.done !== true && isBlank(first.value); number += 1) {
      blankLines.push(number);
      first = await lines.next();
    }
    const start = first.done === true ? '' : first.value;
    if (start.trimStart().startsWith('[')) {
      const placeOf = (index: number): string => `${name}[${index}]`;
      const people = await arrayOf(start, lines, name, placeOf);
      return { people, placeOf, fraction: (count) => count / people.length, close };
    }
    const placeOf = (index: number): string => `${name}:${lineNumberOf(index, blankLines)}`;
    return {
      people: personPerLine(start, lines, blankLines, placeOf),
      placeOf,
      fraction,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function* readableLines(
  source: Readable,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  try {
    yield* linesOf(source);
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(name, error);
  }
}

async function arrayOf(
  start: string,
  lines: AsyncIterable<string>,
  name: string,
  placeOf: (index: number) => string,
): Promise<PersonInput[]> {
  let json = start;
  for await (const line of lines) {
    json += `\n${line}`;
    if (json.length > MAX_LINE_CHARACTERS) {
      throw usageError(`${name}: too long for a JSON array; write one person per line`);
    }
  }
  // JSON text that begins with a bracket is an array, if it is valid.
  const documents = parse(json, (message) => name + lineOf(message, json)) as unknown[];
  return documents.map((document, index) => toPerson(document, placeOf(index)));
}

async function* personPerLine(
  start: string,
  lines: AsyncIterable<string>,
  blankLines: number[],
  placeOf: (index: number) => string,
): AsyncGenerator<PersonInput, void, undefined> {
  let index = 0;
  const toNextPerson = (line: string): PersonInput => {
    const place = placeOf(index++);
    return toPerson(
      parse(line, () => place, LINES_HINT),
      place,
    );
  };
  if (!isBlank(start)) yield toNextPerson(start);
  for await (const line of lines) {
    if (isBlank(line)) blankLines.push(index + blankLines.length + 1);
    else yield toNextPerson(line);
  }
}

/** The number (from 1) of the line of the person with that index (from 0). */
function lineNumberOf(index: number, blankLines: readonly number[]): number {
  let number = index + 1;
  for (const blank of blankLines) if (blank <= number) number += 1;
  return number;
}

function toPerson(document: unknown, place: string): PersonInput {
  const { person, violations } = readPerson(document);
  if (person === undefined) throw usageError(`${place}: ${fieldsLine(violations)}`);
  return person;
}

function parse(json: string, placeOf: (message: string) => string, hint = ''): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const { message } = error as Error;
    throw usageError(`${placeOf(message)}: invalid JSON: ${message}${hint}`, error);
  }
}

/** The line of a syntax error, `:3`, if the message of Node contains its position. */
function lineOf(message: string, json: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? '' : `:${json.slice(0, Number(position)).split('\n').length}`;
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}
