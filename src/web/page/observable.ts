/** Something whose changes the views show. */
export abstract class Observable {
  readonly #listeners = new Set<() => void>();
  #version = 0;

  /** Rises with each change. */
  get version(): number {
    return this.#version;
  }

  /** Calls the listener after each change, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notifies the listeners of a change. */
  protected changed(): void {
    this.#version += 1;
    for (const listener of [...this.#listeners]) listener();
  }
}
