/** Yields the items of a source and counts them. Can be iterated once. */
export class Tally<T> implements AsyncIterable<T> {
  readonly #items: Iterable<T> | AsyncIterable<T>;
  #count = 0;

  constructor(items: Iterable<T> | AsyncIterable<T>) {
    this.#items = items;
  }

  /** The number of items so far. */
  get count(): number {
    return this.#count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for await (const item of this.#items) {
      this.#count += 1;
      yield item;
    }
  }
}
