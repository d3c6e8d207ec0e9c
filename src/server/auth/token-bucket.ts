/** Holds tokens up to a limit, and gains new ones at a constant rate. Times are in milliseconds. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #capacity: number;
  #tokens: number;
  #atMs: number;

  /** A full bucket. */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#atMs = nowMs;
  }

  /** How long until there is a token; 0 if there is one. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs;
  }

  /** Takes a token, also one that is not there yet: then the next one takes longer. */
  take(nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens = Math.max(this.#tokens - 1, -this.#capacity);
  }

  #fill(nowMs: number): void {
    const gained = (nowMs - this.#atMs) * this.#perMs;
    this.#tokens = Math.min(this.#tokens + gained, this.#capacity);
    this.#atMs = nowMs;
  }
}
