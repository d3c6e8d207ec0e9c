/** A value of a JSON array, or what is left of an array that does not end. */
export interface JsonValue {
  /** The number (from 1) of its first line. */
  readonly line: number;
  readonly source: string;
  /** Whether the array ends before the value does. */
  readonly isBroken: boolean;
}

/** The longest value: 16 Mi characters. */
const MAX_VALUE_CHARACTERS = 16 * 1024 * 1024;

const BEFORE = 0;
const INSIDE = 1;
const AFTER = 2;

/**
 * Yields the values of a JSON array as its text arrives, without parsing them. Rejects with a
 * RangeError at a value of more than 16 Mi characters.
 */
export async function* valuesOfArray(text: AsyncIterable<string>): AsyncGenerator<JsonValue> {
  const splitter = new ArraySplitter();
  for await (const chunk of text) yield* splitter.add(chunk);
  yield* splitter.end();
}

class ArraySplitter {
  #state: typeof BEFORE | typeof INSIDE | typeof AFTER = BEFORE;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #line = 1;
  /** The value so far, and where it began. */
  #source = '';
  #startLine = 1;

  *add(chunk: string): Generator<JsonValue> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const character = chunk[at] ?? '';
      if (character === '\n') this.#line += 1;
      if (this.#inString) {
        this.#inString = this.#escaped || character !== '"';
        this.#escaped = character === '\\' && !this.#escaped;
      } else if (character === '"') {
        this.#inString = true;
      } else if (character === '{' || character === '[') {
        this.#depth += 1;
        if (character === '[' && this.#depth === 1 && this.#state === BEFORE) {
          this.#state = INSIDE;
          start = at + 1;
          this.#startLine = this.#line;
        }
      } else if (character === '}' || character === ']') {
        this.#depth -= 1;
        if (this.#depth === 0 && this.#state === INSIDE) {
          yield* this.#take(chunk.slice(start, at));
          this.#state = AFTER;
          start = at + 1;
          this.#startLine = this.#line;
        }
      } else if (character === ',' && this.#depth === 1) {
        yield* this.#take(chunk.slice(start, at));
        start = at + 1;
        this.#startLine = this.#line;
      }
    }
    this.#source += chunk.slice(start);
    if (this.#source.length > MAX_VALUE_CHARACTERS) throw new RangeError('a value is too long');
  }

  *end(): Generator<JsonValue> {
    if (this.#state === INSIDE || this.#source.trim() !== '') yield this.#value(true);
  }

  *#take(rest: string): Generator<JsonValue> {
    this.#source += rest;
    if (this.#source.trim() !== '') yield this.#value(false);
    this.#source = '';
  }

  #value(isBroken: boolean): JsonValue {
    const source = this.#source.trim();
    const blank = this.#source.slice(0, this.#source.indexOf(source));
    return { line: this.#startLine + blank.split('\n').length - 1, source, isBroken };
  }
}
