import { counter, sample, type MetricObject } from './metric-object.js';

const OTHER = 'other';

/** Counts events by their reason. A reason that is not known counts as `other`. */
export class Tally {
  readonly #counts: Map<string, number>;

  /** @param reasons all that are expected: each is 0 until it happens, so that its rate is known */
  constructor(reasons: readonly string[]) {
    this.#counts = new Map([...reasons, OTHER].map((reason) => [reason, 0]));
  }

  add(reason: string): void {
    const known = this.#counts.has(reason) ? reason : OTHER;
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1);
  }

  /** A counter with the label `reason`. */
  toMetric(name: string, help: string): MetricObject {
    const values = Array.from(this.#counts, ([reason, count]) => sample(count, { reason }));
    return counter(name, help, values);
  }
}
