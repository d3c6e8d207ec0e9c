import { Person, type PersonOrder } from '../../../../gen/personguide/person_guide.js';
import type { DirectoryApi } from '../api/directory-api.js';
import { CallError } from '../api/call-error.js';
import { Observable } from '../observable.js';
import { Blocks, type Reading } from './blocks.js';
import { idOf, personOf } from './person-page.js';
import { isOlder, type Row, type Rows } from './rows.js';

/** While people change all the time, what is in sight is read again after this time. */
const EXPIRE_MS = 300;

/** What could not be read is read again after this time. */
const RETRY_MS = 2000;

/** So many rows around those in sight are read as well. */
const AROUND = 50;

/** The rows of all people in an order, or of those with a label. */
export class PeopleRows extends Observable implements Rows {
  readonly #api: DirectoryApi;
  readonly #order: PersonOrder;
  readonly #label: string;
  readonly #blocks: Blocks;
  readonly #closed = new AbortController();
  #first = 0;
  #last = 0;
  #isReading = false;
  #error: unknown;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #retrying: ReturnType<typeof setTimeout> | undefined;
  /** Where the way to a distant row has begun. */
  #wayFrom = 0;

  constructor(api: DirectoryApi, order: PersonOrder, label = '') {
    super();
    this.#api = api;
    this.#order = order;
    this.#label = label;
    this.#blocks = new Blocks(order);
  }

  get count(): number {
    return this.#blocks.rows;
  }

  get isOpenEnded(): boolean {
    return this.#label !== '' && this.#blocks.missing(this.count, this.count) !== undefined;
  }

  get isLoading(): boolean {
    return !this.#blocks.isOpen && this.#error === undefined;
  }

  get error(): unknown {
    return this.#error;
  }

  get progress(): number | undefined {
    const { knownRows } = this.#blocks;
    const way = this.#last - this.#wayFrom;
    if (!this.#isReading || this.#first <= knownRows || way < 5000) return undefined;
    return (knownRows - this.#wayFrom) / way;
  }

  at(row: number): Row | undefined {
    const bytes = this.#blocks.at(row);
    return bytes && { person: personOf(bytes) };
  }

  rowOf(id: number): number | undefined {
    return this.#blocks.rowOf(id);
  }

  show(firstRow: number, lastRow: number): void {
    this.#first = Math.max(0, firstRow);
    this.#last = lastRow;
    this.#wayFrom = Math.min(this.#blocks.knownRows, this.#first);
    void this.#read();
  }

  expire(people: readonly Person[]): void {
    this.#update(new Map(people.map((person) => [person.id, person])));
    this.#expiry ??= setTimeout(() => {
      this.#expiry = undefined;
      this.#blocks.expire();
      void this.#read();
    }, EXPIRE_MS);
  }

  retry(): void {
    clearTimeout(this.#retrying);
    this.#error = undefined;
    this.#blocks.expire();
    void this.#read();
  }

  /** Ends what is being read. */
  close(): void {
    clearTimeout(this.#retrying);
    clearTimeout(this.#expiry);
    this.#closed.abort();
  }

  async #read(): Promise<void> {
    if (this.#isReading || this.#error !== undefined) return;
    this.#isReading = true;
    try {
      for (let reading = this.#missing(); reading !== undefined; reading = this.#missing()) {
        await this.#take(reading);
        this.changed();
      }
      this.#blocks.forget(this.#first, this.#last);
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#fail(error);
    } finally {
      this.#isReading = false;
      this.changed();
    }
  }

  /** What is in sight changes without waiting for the server. */
  #update(people: ReadonlyMap<number, Person>): void {
    if (people.size === 0) return;
    for (let row = this.#first; row <= this.#last; row += 1) {
      const bytes = this.#blocks.at(row);
      const person = bytes && people.get(idOf(bytes));
      if (person === undefined || bytes === undefined || isOlder(person, personOf(bytes))) continue;
      this.#blocks.put(row, Person.encode(person).finish());
    }
    this.changed();
  }

  #fail(error: unknown): void {
    this.#error = error;
    if (!(error instanceof CallError) || !error.isTransient) return;
    const delayMs = Math.max(RETRY_MS, error.retryDelayMs ?? 0);
    clearTimeout(this.#retrying);
    this.#retrying = setTimeout(() => {
      this.retry();
    }, delayMs);
  }

  /** What is in sight comes first. */
  #missing(): Reading | undefined {
    return (
      this.#blocks.missing(this.#first, this.#last) ??
      this.#blocks.missing(Math.max(0, this.#first - AROUND), this.#last + AROUND)
    );
  }

  async #take(reading: Reading): Promise<void> {
    const request = {
      order: this.#order,
      label: this.#label,
      pageToken: reading.token,
      pageSize: reading.pageSize,
    };
    this.#blocks.take(reading, await this.#api.queryPersons(request, this.#closed.signal));
    if (reading.index === undefined) this.#blocks.forget(this.#first, this.#last);
  }
}
