const PREVIOUS = Symbol('previous');
const NEXT = Symbol('next');

/** What an entry gets while it is in a set: its neighbours, null at an end. */
interface Entry {
  [PREVIOUS]?: Entry | null | undefined;
  [NEXT]?: Entry | null | undefined;
}

/**
 * A Set whose entries are linked to each other, in the order in which they came. Each may be in one
 * such set at a time. A Set that lives long while entries come and go makes V8 promote each of them
 * to its old generation, which doubles the cost of a call (scripts/bench/README.md).
 */
export class LinkedSet<T extends object> implements Iterable<T> {
  #first: Entry | null = null;
  #last: Entry | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(entry: T): boolean {
    return (entry as Entry)[NEXT] !== undefined;
  }

  add(entry: T): this {
    if (this.has(entry)) return this;
    const added: Entry = entry;
    added[PREVIOUS] = this.#last;
    added[NEXT] = null;
    if (this.#last === null) this.#first = added;
    else this.#last[NEXT] = added;
    this.#last = added;
    this.#size += 1;
    return this;
  }

  delete(entry: T): boolean {
    if (!this.has(entry)) return false;
    const { [PREVIOUS]: previous = null, [NEXT]: next = null }: Entry = entry;
    if (previous === null) this.#first = next;
    else previous[NEXT] = next;
    if (next === null) this.#last = previous;
    else next[PREVIOUS] = previous;
    // An entry that still pointed at its neighbours would keep them in memory.
    (entry as Entry)[PREVIOUS] = (entry as Entry)[NEXT] = undefined;
    this.#size -= 1;
    return true;
  }

  /** The entries at this moment: those that come or go meanwhile make no difference. */
  [Symbol.iterator](): IterableIterator<T> {
    const entries: T[] = [];
    for (let entry = this.#first; entry !== null; entry = entry[NEXT] ?? null) {
      entries.push(entry as T);
    }
    return entries.values();
  }
}
