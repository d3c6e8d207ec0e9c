/** The longest line: 64 Mi characters. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;

const BYTE_ORDER_MARK = '\uFEFF';

/** The lines of a text, of which some can be put back to be read again. */
export class LineReader {
  readonly #lines: AsyncIterator<string, void>;
  /** The next line is the last one. */
  readonly #ahead: string[] = [];
  #number = 0;

  constructor(text: AsyncIterable<string>) {
    this.#lines = splitLines(text)[Symbol.asyncIterator]();
  }

  /** The number (from 1) of the line that next() has returned. */
  get number(): number {
    return this.#number;
  }

  /**
   * Resolves with the next line, without its line feed, or with undefined after the last one.
   * Rejects with a RangeError at a line of more than 64 Mi characters.
   */
  async next(): Promise<string | undefined> {
    const line = this.#ahead.pop() ?? (await this.#read());
    if (line !== undefined) this.#number += 1;
    return line;
  }

  /** Lets next() return these lines, the last that it has returned, again. */
  putBack(lines: readonly string[]): void {
    for (const line of lines.toReversed()) this.#ahead.push(line);
    this.#number -= lines.length;
  }

  async #read(): Promise<string | undefined> {
    const { done, value } = await this.#lines.next();
    return done === true ? undefined : value;
  }
}

async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let partial = '';
  let isFirst = true;
  for await (const chunk of text) {
    const pieces = (isFirst ? withoutMark(chunk) : chunk).split('\n');
    if (chunk !== '') isFirst = false;
    const rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      yield partial + piece;
      partial = '';
    }
    partial += rest;
    if (partial.length > MAX_LINE_CHARACTERS) throw new RangeError('a line is too long');
  }
  if (partial !== '') yield partial;
}

function withoutMark(chunk: string): string {
  return chunk.startsWith(BYTE_ORDER_MARK) ? chunk.slice(1) : chunk;
}

/** The line without the carriage return at its end. */
export function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** Replaces each line break, and white space around it, by the separator. */
export function joinLines(text: string, separator: string): string {
  return /[\r\n]/.test(text) ? text.trim().replaceAll(/\s*[\r\n]\s*/g, separator) : text;
}
