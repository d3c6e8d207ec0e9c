/** How a thing is that does not exist; see `stateOf`. */
const ABSENT = '0';

/** A state as text: how many things there are of a name, and what the last change made of them. */
export function stateOf(count: number, change = ''): string {
  return change === '' ? String(count) : `${count} ${change}`;
}

/** What a client knows about its writes: for each name the states in which a store may show it. */
export class WriteLedger {
  readonly #allowed: Map<string, readonly string[]>;
  acknowledged = 0;

  constructor(allowed: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#allowed = new Map(allowed);
  }

  /** The ledger as it is now: a store that has lost its power now must conform to it. */
  copy(): WriteLedger {
    return new WriteLedger(this.#allowed);
  }

  /**
   * Makes a write that brings a name into a state. Until it is acknowledged, the name may be in that
   * state or as before; it stays so if the write rejects.
   */
  async write(name: string, state: string, work: () => Promise<unknown>): Promise<void> {
    this.#allowed.set(name, [...(this.#allowed.get(name) ?? [ABSENT]), state]);
    await work();
    this.#allowed.set(name, [state]);
    this.acknowledged += 1;
  }

  /** What is lost, there in part, there twice, or there although nothing has written it. */
  problems(found: ReadonlyMap<string, string>): string[] {
    const problems: string[] = [];
    for (const [name, allowed] of this.#allowed) {
      const state = found.get(name) ?? ABSENT;
      if (!allowed.includes(state)) {
        problems.push(`${name} is ${state} and not ${allowed.join(' or ')}`);
      }
    }
    for (const name of found.keys()) {
      if (!this.#allowed.has(name)) problems.push(`${name} was not written`);
    }
    return problems;
  }
}

/** Counts names, and notes the change of the last one of each. */
export function statesOf(
  things: Iterable<{ readonly name: string; readonly change?: string }>,
): Map<string, string> {
  const counts = new Map<string, number>();
  const states = new Map<string, string>();
  for (const { name, change } of things) {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    states.set(name, stateOf(count, change));
  }
  return states;
}
