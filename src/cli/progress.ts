/** The part of standard error that progress needs. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows the progress of a long transfer on a terminal. */
export interface Progress {
  /** Yields the items and counts them. */
  counted<T>(items: Iterable<T> | AsyncIterable<T>): AsyncIterable<T>;
  /** Clears the line. */
  end(): void;
}

/** Shorter transfers show nothing. */
const QUIET_MS = 1000;
const REDRAW_MS = 200;

/**
 * Counts items. After the first second their number is shown on the stream, if that is a terminal.
 * `nowMs` returns the time in milliseconds.
 */
export function startProgress(
  stream: ProgressStream,
  noun: string,
  nowMs: () => number = () => performance.now(),
): Progress {
  let count = 0;
  let shown = false;
  let nextMs = stream.isTTY === true ? nowMs() + QUIET_MS : Infinity;
  const show = (): void => {
    const now = nowMs();
    if (now < nextMs) return;
    nextMs = now + REDRAW_MS;
    shown = true;
    stream.write(`\r\u001b[K${count.toLocaleString('en')} ${noun}`);
  };
  return {
    async *counted(items) {
      for await (const item of items) {
        count += 1;
        show();
        yield item;
      }
    },
    end() {
      if (shown) stream.write('\r\u001b[K');
      shown = false;
      nextMs = Infinity;
    },
  };
}
