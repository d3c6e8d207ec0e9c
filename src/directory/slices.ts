/**
 * How much one turn of the event loop may be given to long work: that many bytes of people are
 * looked at in about 2 ms, and a sixteenth of them decoded, checked and encoded.
 */
const BYTES_PER_TURN = 1024 * 1024;

/** A byte that is decoded, checked and encoded counts as so many. */
export const DECODED = 16;

interface Waiting {
  readonly bytes: number;
  readonly resume: () => void;
}

/**
 * Divides the long work of all calls of a thread into turns of its event loop. Slices of each call
 * by itself would not do: those of many calls may be in one turn.
 */
export class Slices {
  #left = BYTES_PER_TURN;
  #isArmed = false;
  #waiting: Waiting[] = [];

  /**
   * Call it before working on that many bytes; wait for the promise, if there is one. Those who
   * wait are resumed in the order of their calls.
   */
  take(bytes: number): Promise<void> | undefined {
    this.#arm();
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#left -= bytes;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, resume: resolve });
    });
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#isArmed = false;
    this.#left = BYTES_PER_TURN;
    const resumed = this.#waiting.findIndex(({ bytes }) => (this.#left -= bytes) <= 0);
    const now = this.#waiting.splice(0, resumed < 0 ? this.#waiting.length : resumed + 1);
    if (now.length > 0) this.#arm();
    for (const { resume } of now) resume();
  };
}

/** The slices of this thread. */
export const slices = new Slices();
