import { LineReader, withoutReturn } from './lines.js';

/** One record of a CSV text. */
export interface CsvRecord {
  /** The number (from 1) of its first line. */
  readonly line: number;
  /** Its text, without the last line break. */
  readonly source: string;
  readonly fields: readonly string[];
  /** What is wrong with its quotes. */
  readonly problem: string | undefined;
}

/** A record with more characters has a quote that was not closed where it should be. */
const MAX_RECORD_CHARACTERS = 1024 * 1024;

const NOT_CLOSED = 'has a quote that is not closed';
const delimiters = [',', ';', '\t', '|'] as const;

/** The records of a CSV text (RFC 4180), as it arrives. */
export class CsvRecords {
  readonly #lines: LineReader;
  #delimiter: string | undefined;

  constructor(text: AsyncIterable<string>) {
    this.#lines = new LineReader(text);
  }

  /** What separates the fields; it is found in the first line. Known after the first record. */
  get delimiter(): string {
    return this.#delimiter ?? ',';
  }

  /**
   * Resolves with the next record, without blank lines, or with undefined after the last one. A
   * record whose quotes are invalid costs one line: the next record begins after it.
   */
  async next(): Promise<CsvRecord | undefined> {
    const first = await this.#nextLine();
    if (first === undefined) return undefined;
    const { number: line } = this.#lines;
    const taken = [first];
    const record = new RecordBuilder(this.delimiter);
    let characters = first.length;
    let problem: string | undefined;
    while (!record.add(taken.at(-1) ?? '')) {
      const next = characters > MAX_RECORD_CHARACTERS ? undefined : await this.#lines.next();
      if (next === undefined) {
        problem = NOT_CLOSED;
        break;
      }
      taken.push(next);
      characters += next.length;
    }
    problem ??= record.problem;
    if (problem !== undefined) this.#lines.putBack(taken.splice(1));
    return { line, source: withoutReturn(taken.join('\n')), fields: record.fields, problem };
  }

  /** The next line that is not blank. */
  async #nextLine(): Promise<string | undefined> {
    for (;;) {
      const line = await this.#lines.next();
      if (line === undefined) return undefined;
      if (this.#delimiter === undefined) {
        // Excel reads such a first line, and some programs write it.
        const [, separator] = /^sep=(.)\r?$/.exec(line) ?? [];
        this.#delimiter = separator;
        if (separator !== undefined) continue;
      }
      if (line.trim() === '') continue;
      this.#delimiter ??= delimiterOf(line);
      return line;
    }
  }
}

/** The delimiter that a header has most often outside quotes; a comma if it has none. */
function delimiterOf(header: string): string {
  const text = header.replaceAll(/"[^"]*"/g, '');
  const counts = delimiters.map((delimiter) => text.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

/** Splits the lines of one record into fields. */
class RecordBuilder {
  readonly fields: string[] = [];
  problem: string | undefined;
  readonly #delimiter: string;
  /** The text of a quoted field that has not been closed yet. */
  #open: string | undefined;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Adds a line; returns whether the record ends with it. */
  add(rawLine: string): boolean {
    const line = withoutReturn(rawLine);
    let at: number | undefined = this.#open === undefined ? 0 : this.#quoted(line, 0);
    while (at !== undefined && at <= line.length) at = this.#field(line, at);
    if (at !== undefined) return true;
    this.#open = `${this.#open ?? ''}${rawLine.slice(line.length)}\n`;
    return false;
  }

  /** Adds the field that begins there; returns where the next one does, undefined if it is open. */
  #field(line: string, at: number): number | undefined {
    if (line[at] === '"') {
      this.#open = '';
      return this.#quoted(line, at + 1);
    }
    const end = this.#delimiterFrom(line, at);
    this.fields.push(line.slice(at, end));
    return end + 1;
  }

  #quoted(line: string, start: number): number | undefined {
    let at = start;
    for (;;) {
      const quote = line.indexOf('"', at);
      this.#open = (this.#open ?? '') + line.slice(at, quote < 0 ? undefined : quote);
      if (quote < 0) return undefined;
      if (line[quote + 1] !== '"') return this.#close(line, quote + 1);
      this.#open += '"';
      at = quote + 2;
    }
  }

  #close(line: string, at: number): number {
    this.fields.push(this.#open ?? '');
    this.#open = undefined;
    const end = this.#delimiterFrom(line, at);
    if (end !== at) this.problem ??= 'has text after a closing quote';
    return end + 1;
  }

  #delimiterFrom(line: string, at: number): number {
    const end = line.indexOf(this.#delimiter, at);
    return end < 0 ? line.length : end;
  }
}

/** A field as it is written: in quotes if it needs them. */
export function csvField(text: string): string {
  return /[",;\t|\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
