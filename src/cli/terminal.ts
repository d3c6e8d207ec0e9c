/** The part of a stream that may be a terminal. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  /** The width of the terminal, in characters. */
  readonly columns?: number;
  hasColors?(): boolean;
}

/** What a terminal can show. */
export interface Terminal {
  /** In characters; undefined if the stream is not a terminal, or one of unknown width. */
  readonly width: number | undefined;
  /** Adds colors, or returns the text unchanged where they are not wanted. */
  readonly color: Readonly<Record<Color, (text: string) => string>>;
}

/** A color or style of a text. */
export type Color = keyof typeof CODES;

/** SGR codes that begin and end each style. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const;

/**
 * Describes a stream. Colors are used on a terminal that has them, unless NO_COLOR is set
 * (https://no-color.org).
 */
export function terminalOf(stream: TerminalStream): Terminal {
  const isTerminal = stream.isTTY === true;
  // hasColors() reads NO_COLOR, FORCE_COLOR and TERM.
  const colored = isTerminal && stream.hasColors?.() === true;
  const color = Object.fromEntries(
    Object.entries(CODES).map(([name, [begin, end]]) => [
      name,
      (text: string) => (colored ? `\u001b[${begin}m${text}\u001b[${end}m` : text),
    ]),
  ) as unknown as Terminal['color'];
  return { width: isTerminal ? columnsOf(stream) : undefined, color };
}

/** The width of a terminal; undefined if it does not report one, which may also be a width of 0. */
export function columnsOf({ columns = 0 }: TerminalStream): number | undefined {
  return columns > 0 ? columns : undefined;
}
