/** What the responses of all streams may take together, as long as each gets its least. */
const ALL_STREAMS_BYTES = 8 * 1024 * 1024;
const MOST_BYTES = 192 * 1024;
const LEAST_BYTES = 8 * 1024;

/**
 * How many bytes of responses each stream may have unsent. Thousands of clients that do not read
 * would take hundreds of megabytes if each had what makes a single list fast.
 */
export class StreamRoom {
  #streams = 0;

  /** The room of one stream; it shrinks with the number of streams. */
  get bytes(): number {
    const share = ALL_STREAMS_BYTES / Math.max(1, this.#streams);
    return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, Math.floor(share)));
  }

  /** A stream of responses begins; `leave` must follow. */
  join(): void {
    this.#streams += 1;
  }

  leave(): void {
    this.#streams -= 1;
  }
}
