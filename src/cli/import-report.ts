import type { ImportFault } from '../index.js';
import type { FaultEntry, PersonEntry, Problem } from '../formats/entry.js';

/** A person who was not imported. */
export interface Fault {
  /** The number (from 1) of the first line in the file. */
  readonly line: number;
  /** The name of the person, if it is known. */
  readonly name: string;
  readonly problems: readonly Problem[];
  /** The text of the person, if it is kept. */
  readonly source: string;
}

/** What is known of a person until it is imported. */
type Pending = Pick<Fault, 'line' | 'name' | 'source'>;

/**
 * Finds the faults that the server reports in the file. It keeps only the people who were read and
 * are not known to be imported, and faults of people who were not read yet: after a resumed import
 * the server reports all faults first.
 */
export class ImportReport {
  readonly #onFaults: (faults: readonly Fault[]) => Promise<void>;
  readonly #keepsSource: boolean;
  readonly #pending = new Map<number, Pending>();
  readonly #early = new Map<number, ImportFault>();
  #read = 0;
  #committed = 0;
  #faulty = 0;

  /** `onFaults` gets each fault once, and may take its time. */
  constructor(onFaults: (faults: readonly Fault[]) => Promise<void>, keepsSource: boolean) {
    this.#onFaults = onFaults;
    this.#keepsSource = keepsSource;
  }

  /** How many people were not imported so far, whoever found the fault. */
  get faulty(): number {
    return this.#faulty;
  }

  /** A part of the file is not a person. */
  async addFault({ line, source, problems }: FaultEntry): Promise<void> {
    this.#faulty += 1;
    await this.#onFaults([{ line, name: '', problems, source }]);
  }

  /** The next person of the import was read. */
  async addPerson({ line, source, person }: PersonEntry): Promise<void> {
    const index = this.#read++;
    const name = person.name ?? '';
    const pending = { line, name, source: this.#keepsSource ? source : '' };
    const fault = this.#early.get(index);
    if (fault !== undefined) {
      this.#early.delete(index);
      await this.#report([[fault, pending]]);
    } else if (index >= this.#committed) {
      this.#pending.set(index, pending);
    }
  }

  /** The server has found faults. */
  async addServerFaults(faults: readonly ImportFault[]): Promise<void> {
    const found: [ImportFault, Pending][] = [];
    for (const fault of faults) {
      const pending = this.#pending.get(fault.index);
      if (pending === undefined) this.#early.set(fault.index, fault);
      else found.push([fault, pending]);
    }
    await this.#report(found);
  }

  /** So many people of the import are done. */
  commit(count: number): void {
    for (let index = this.#committed; index < count && index < this.#read; index += 1) {
      this.#pending.delete(index);
    }
    this.#committed = count;
  }

  async #report(found: readonly (readonly [ImportFault, Pending])[]): Promise<void> {
    if (found.length === 0) return;
    this.#faulty += found.length;
    await this.#onFaults(
      found.map(([{ message, violations }, pending]) => ({
        ...pending,
        problems: violations.length > 0 ? violations : [{ field: '', description: message }],
      })),
    );
  }
}
