import { columnsOf, type TerminalStream } from './terminal.js';

/** The part of standard error that progress needs. */
export interface ProgressStream extends TerminalStream {
  write(text: string): unknown;
}

/** Shows the progress of a long transfer on a terminal. */
export interface Progress {
  /** The items counted so far. */
  readonly count: number;
  /** Yields the items and counts them. */
  counted<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T>;
  /** Clears the line. */
  end(): void;
}

/** What is known about a transfer. */
interface ProgressOptions {
  /** The part that is done, from 0 to 1; undefined if the size is not known. */
  readonly fraction?: ((count: number) => number | undefined) | undefined;
  /** Returns the time in milliseconds. */
  readonly nowMs?: () => number;
}

/** Shorter transfers show nothing. */
const QUIET_MS = 1000;
const REDRAW_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

/**
 * Counts items. After the first second the stream shows their number and rate, and with a known
 * size the percentage and the remaining time, if the stream is a terminal.
 */
export function startProgress(
  stream: ProgressStream,
  noun: string,
  { fraction, nowMs = () => performance.now() }: ProgressOptions = {},
): Progress {
  const startMs = nowMs();
  let count = 0;
  let shown = false;
  let nextMs = stream.isTTY === true ? startMs + QUIET_MS : Infinity;
  const show = (): void => {
    const now = nowMs();
    if (now < nextMs) return;
    nextMs = now + REDRAW_MS;
    shown = true;
    const text = progressText(count, noun, now - startMs, fraction?.(count));
    stream.write(`${CLEAR_LINE}${text.slice(0, (columnsOf(stream) ?? Infinity) - 1)}`);
  };
  return {
    get count() {
      return count;
    },
    async *counted(items) {
      for await (const item of items) {
        count += 1;
        show();
        yield item;
      }
    },
    end() {
      if (shown) stream.write(CLEAR_LINE);
      shown = false;
      nextMs = Infinity;
    },
  };
}

/** `12,000 people sent, 4,000/s, 24 %, 9 s left` */
function progressText(
  count: number,
  noun: string,
  elapsedMs: number,
  fraction: number | undefined,
): string {
  const rate = Math.round((count / elapsedMs) * 1000);
  const parts = [`${count.toLocaleString('en')} ${noun}`, `${rate.toLocaleString('en')}/s`];
  if (fraction !== undefined && fraction > 0) {
    const leftMs = elapsedMs * (1 / Math.min(fraction, 1) - 1);
    parts.push(`${Math.floor(Math.min(fraction, 1) * 100)} %`, `${durationText(leftMs)} left`);
  }
  return parts.join(', ');
}

/** `9 s`, `2 min 5 s`, `1 h 20 min` */
function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Standard error, where progress is shown; nothing is shown if it would mix with the output. */
export function transferStream(): ProgressStream {
  return process.stdout.isTTY ? { isTTY: false, write: () => undefined } : process.stderr;
}
