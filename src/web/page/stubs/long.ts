/**
 * What the generated modules need of the package `long`, which compiles WebAssembly when it is
 * loaded: the policy of the page refuses that. Exact up to 2^53, and times stay far below.
 */
export default class Long {
  static readonly ZERO = new Long(0);
  readonly #value: number;

  constructor(value: number) {
    this.#value = value;
  }

  static fromNumber(value: number): Long {
    return new Long(value);
  }

  static fromString(text: string): Long {
    return new Long(Number(text));
  }

  static fromValue(value: Long | number | string): Long {
    return value instanceof Long ? value : new Long(Number(value));
  }

  equals(other: Long): boolean {
    return this.#value === other.#value;
  }

  toNumber(): number {
    return this.#value;
  }

  toString(): string {
    return String(this.#value);
  }
}
