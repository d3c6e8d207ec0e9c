/** The part of standard error that progress needs. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows on a terminal how far a long transfer is. */
export interface Progress {
  /** Passes the items on, and counts them. */
  counted<T>(items: Iterable<T> | AsyncIterable<T>): AsyncIterable<T>;
  /** Removes what it wrote. */
  end(): void;
}

/** A transfer that takes less shows nothing. */
const QUIET_MS = 1000;
const REDRAW_MS = 200;

/**
 * Counts items and, after the first second, shows their number on the stream if it is a terminal.
 * `nowMs` is a clock in milliseconds.
 */
export function startProgress(
  stream: ProgressStream,
  noun: string,
  nowMs: () => number = () => performance.now(),
): Progress {
  let count = 0;
  let shown = false;
  let nextMs = stream.isTTY === true ? nowMs() + QUIET_MS : Infinity;
  const show = () => {
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
