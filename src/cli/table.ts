import { oneLine } from './one-line.js';
import type { Output } from './output.js';
import type { Color, Terminal } from './terminal.js';
import { cutToWidth, padToWidth, widthOf } from './text-width.js';

/** A column of a table of `T`. */
export interface Column<T> {
  readonly header: string;
  readonly text: (row: T) => string;
  /** Numbers are aligned to the right and never cut. */
  readonly numeric?: true;
  readonly color?: (row: T) => Color | undefined;
}

/** The rows that set the widths of the columns; those that follow are not waited for. */
const SAMPLE_ROWS = 100;

/** The first rows are held back for at most this long, so that a slow stream shows each row. */
const SAMPLE_MS = 100;

const GAP = '  ';
const MIN_WIDTH = 8;

/**
 * Writes rows as a table with a header. The first rows set the widths of the columns. On a terminal
 * the columns fit its width, and longer texts are cut; elsewhere every text is complete.
 */
export class Table<T> {
  readonly #columns: readonly Column<T>[];
  readonly #out: Output;
  readonly #terminal: Terminal;
  readonly #sample: T[] = [];
  #widths: readonly number[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #begun: Promise<void> | undefined;

  constructor(columns: readonly Column<T>[], out: Output, terminal: Terminal) {
    this.#columns = columns;
    this.#out = out;
    this.#terminal = terminal;
  }

  /** Adds a row. Settles as Output.line() does. */
  async add(row: T): Promise<void> {
    if (this.#begun === undefined) {
      this.#sample.push(row);
      this.#timer ??= setTimeout(() => void this.#begin(), SAMPLE_MS);
      if (this.#sample.length === SAMPLE_ROWS) await this.#begin();
      return;
    }
    await this.#begun;
    await this.#out.line(this.#line(row));
  }

  /** Writes the rows that are held back. A table without rows has no header either. */
  async end(): Promise<void> {
    if (this.#sample.length > 0) await this.#begin();
  }

  #begin(): Promise<void> {
    clearTimeout(this.#timer);
    this.#begun ??= this.#writeSample();
    // add() and end() wait for it and reject with its error; the timer does not.
    this.#begun.catch(() => undefined);
    return this.#begun;
  }

  async #writeSample(): Promise<void> {
    this.#widths = this.#fit(this.#columns.map((column) => this.#naturalWidth(column)));
    await this.#out.line(this.#header());
    for (const row of this.#sample) await this.#out.line(this.#line(row));
  }

  #naturalWidth({ header, text }: Column<T>): number {
    return Math.max(widthOf(header), ...this.#sample.map((row) => widthOf(cellOf(text(row)))));
  }

  /** Narrows the widest columns until all of them fit the terminal. */
  #fit(widths: number[]): number[] {
    const available = (this.#terminal.width ?? Infinity) - GAP.length * (widths.length - 1);
    for (let over = sum(widths) - available; over > 0; over -= 1) {
      const widest = this.#widestOf(widths);
      if (widest === undefined) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
    return widths;
  }

  /** The index of the widest column that may be narrowed. */
  #widestOf(widths: readonly number[]): number | undefined {
    let widest: number | undefined;
    for (const [index, width] of widths.entries()) {
      if (this.#columns[index]?.numeric === true || width <= MIN_WIDTH) continue;
      if (widest === undefined || width > (widths[widest] ?? 0)) widest = index;
    }
    return widest;
  }

  #header(): string {
    const cells = this.#columns.map((column, index) => this.#cell(column, index, column.header));
    return this.#terminal.color.bold(cells.join(GAP).trimEnd());
  }

  #line(row: T): string {
    const cells = this.#columns.map((column, index) => {
      const text = this.#cell(column, index, cellOf(column.text(row)));
      const color = text.trim() === EMPTY_CELL ? 'dim' : column.color?.(row);
      return color === undefined ? text : this.#terminal.color[color](text);
    });
    return cells.join(GAP).trimEnd();
  }

  #cell(column: Column<T>, index: number, text: string): string {
    const width = this.#widths?.[index] ?? 0;
    if (column.numeric === true) return text.padStart(width);
    const shown = this.#terminal.width === undefined ? text : cutToWidth(text, width);
    return index === this.#columns.length - 1 ? shown : padToWidth(shown, width);
  }
}

const EMPTY_CELL = '-';

function cellOf(text: string): string {
  return oneLine(text) || EMPTY_CELL;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
