import type { ServerHttp2Stream } from 'node:http2';

/**
 * How many writes of one stream may be unsent before its writer has to wait. Below that, Node gathers
 * messages into few writes; waiting for each message costs a write per message, a third of the rate.
 */
const MAX_UNSENT_WRITES = 512;

/** Counts the writes of a stream that have not left, and says when there is room for more. */
export class UnsentWrites {
  readonly #stream: ServerHttp2Stream;
  readonly #onDrain: () => void;
  #count = 0;
  #roomBytes = 0;
  #full = false;
  #flushed: (() => void) | undefined;

  /** @param onDrain called when there is room again, after add() has returned false */
  constructor(stream: ServerHttp2Stream, onDrain: () => void) {
    this.#stream = stream;
    this.#onDrain = onDrain;
  }

  /** A write begins. */
  begin(): void {
    this.#count += 1;
  }

  /**
   * Whether there is room for more, if so many bytes may be unsent; otherwise `onDrain` is called
   * later.
   */
  hasRoom(bytes: number): boolean {
    this.#roomBytes = bytes;
    this.#full = !this.#isBelowLimits();
    return !this.#full;
  }

  /** The callback of each write. */
  readonly sent = (error?: Error | null): void => {
    // What could not be written never leaves: the client is gone.
    if (error !== undefined && error !== null) return;
    this.#count -= 1;
    if (this.#count === 0) this.#flushed?.();
    if (!this.#full || !this.#isBelowLimits()) return;
    this.#full = false;
    this.#onDrain();
  };

  /** Resolves when everything has left for the client; never, if the client goes away. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#count === 0) resolve();
      else this.#flushed = resolve;
    });
  }

  #isBelowLimits(): boolean {
    return this.#count < MAX_UNSENT_WRITES && this.#stream.writableLength < this.#roomBytes;
  }
}
