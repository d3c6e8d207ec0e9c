import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { exitCode } from './exit-code.js';
import { Failure } from './failure.js';
import { linesOf, MAX_LINE_CHARACTERS } from './lines.js';
import { fieldsLine } from './one-line.js';
import { readPerson, type PersonInput } from './person-json.js';

/** The people of a file, in its order. */
export interface PeopleFile {
  /** Can be iterated once. Rejects with a usage Failure at the first document that is no person. */
  readonly people: Iterable<PersonInput> | AsyncIterable<PersonInput>;
  /** Where the person of that index (from 0) stands: `people.jsonl:4` or `people.json[3]`. */
  readonly placeOf: (index: number) => string;
  /** Lets go of the file, also in the middle of a read. */
  close(): void;
}

/** Describes the argument FILE. */
export const PEOPLE_FILE = 'people as a JSON array or as JSON lines; - for standard input';

/** Shows what a person in a file looks like. */
export const PEOPLE_FILE_NOTE = `A person in the file (no adresses: those recorded before stay; other fields: empty):
  {"id":1,"name":"Juan","email":"juan@gmail.com","phones":[{"number":"1234","type":"HOME"}],"adresses":[{"name":"my adress"}]}`;

const LINES_HINT = ' (a file holds a JSON array, or one whole person on each line)';

/**
 * Opens a file of people, `-` for standard input: one JSON array, or JSON lines (a person on each
 * line; blank lines are skipped). An array is read and checked as a whole; of JSON lines the next
 * one is read when it is asked for. Rejects with a usage Failure when the file cannot be read or an
 * array holds what is no person, and with the reason of the signal once that is aborted.
 */
export async function openPeopleFile(path: string, signal: AbortSignal): Promise<PeopleFile> {
  const name = path === '-' ? 'standard input' : path;
  const source = await openSource(path, signal);
  const close = () => void source.destroy();
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
      const placeOf = (index: number) => `${name}[${index}]`;
      return { people: await arrayOf(start, lines, name, placeOf), placeOf, close };
    }
    const placeOf = (index: number) => `${name}:${lineNumberOf(index, blankLines)}`;
    return { people: personPerLine(start, lines, blankLines, placeOf), placeOf, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function openSource(path: string, signal: AbortSignal): Promise<Readable> {
  try {
    if (path === '-') return addAbortSignal(signal, process.stdin);
    const source = createReadStream(path, { signal });
    await once(source, 'open');
    return source;
  } catch (error) {
    throw unreadable(path, error);
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
      throw usageFailure(`${name}: too long for a JSON array; write a person on each line`);
    }
  }
  // A text that begins with a bracket parses to an array or not at all.
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
  const toNextPerson = (line: string) => {
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

/** The number (from 1) of the line that holds the person of that index (from 0). */
function lineNumberOf(index: number, blankLines: readonly number[]): number {
  let number = index + 1;
  for (const blank of blankLines) if (blank <= number) number += 1;
  return number;
}

function toPerson(document: unknown, place: string): PersonInput {
  const { person, refusals } = readPerson(document);
  if (person === undefined) throw usageFailure(`${place}: ${fieldsLine(refusals)}`);
  return person;
}

function parse(json: string, placeOf: (message: string) => string, hint = ''): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const { message } = error as Error;
    throw usageFailure(`${placeOf(message)}: bad JSON: ${message}${hint}`, error);
  }
}

/** The line of a syntax error, where Node.js tells: `:3`. */
function lineOf(message: string, json: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? '' : `:${json.slice(0, Number(position)).split('\n').length}`;
}

function unreadable(name: string, error: unknown): Failure {
  return usageFailure(`cannot read ${name}: ${(error as Error).message}`, error);
}

function usageFailure(message: string, cause?: unknown): Failure {
  return new Failure(exitCode.usage, message, { cause });
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}
