import type { Batch } from './batches.js';

/** The statuses after which the server may have recorded a batch. */
const UNKNOWN_OUTCOME = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'INTERNAL', 'UNKNOWN'];

/** What has been recorded of a file, and how to continue. */
export class RecordState {
  readonly #skip: number;
  readonly #isConnected: () => boolean;
  #batch: Batch | undefined;
  #recorded = 0;

  /** `skip` is the number of people at the start of the file that are not recorded. */
  constructor(skip: number, isConnected: () => boolean) {
    this.#skip = skip;
    this.#isConnected = isConnected;
  }

  /** How many people have been recorded. */
  get recorded(): number {
    return this.#recorded;
  }

  /** The call for the batch begins. */
  begin(batch: Batch): void {
    this.#batch = batch;
  }

  /** The batch has been recorded. */
  finish(): void {
    this.#recorded += this.#batch?.count ?? 0;
    this.#batch = undefined;
  }

  /** `people 10,001 to 20,000 recorded`, by their place in the file. */
  batchText(batch: Batch): string {
    const first = this.#skip + batch.start;
    return `${rangeText(first, first + batch.count)} recorded`;
  }

  /** What was recorded and what was not, after an interrupt. */
  describe(): string {
    return this.#text(this.#mayBeRecorded());
  }

  /**
   * What a failed call means for the file, by the name of its status; undefined if nothing has been
   * recorded, which is what the message of the call means by itself.
   */
  consequenceOf(codeName: string | undefined): string | undefined {
    const unknown =
      codeName !== undefined && UNKNOWN_OUTCOME.includes(codeName) && this.#mayBeRecorded();
    return unknown || this.#recorded > 0 ? this.#text(unknown) : undefined;
  }

  /** The server records a batch only after it has received all of it. */
  #mayBeRecorded(): boolean {
    return this.#batch?.complete === true && this.#isConnected();
  }

  #text(unknown: boolean): string {
    const next = this.#skip + this.#recorded;
    const parts: string[] = [];
    if (this.#recorded > 0) parts.push(`${rangeText(this.#skip, next)} were recorded`);
    if (unknown && this.#batch !== undefined) {
      const range = rangeText(next, next + this.#batch.count);
      parts.push(`it is not known whether ${range} were recorded: check before you continue`);
    } else if (this.#recorded === 0) {
      parts.push('nothing was recorded');
    } else {
      parts.push('those after them were not');
    }
    if (this.#recorded > 0) parts.push(`continue with --skip ${next}`);
    return parts.join('; ');
  }
}

/** The people with the indexes from `start` to before `end`, counted from 1 as a reader does. */
function rangeText(start: number, end: number): string {
  return `people ${(start + 1).toLocaleString('en')} to ${end.toLocaleString('en')}`;
}
