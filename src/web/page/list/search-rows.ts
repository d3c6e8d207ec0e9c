import type { Person } from '../../../../gen/personguide/person_guide.js';
import type { DirectoryApi } from '../api/directory-api.js';
import { Observable } from '../observable.js';
import { isOlder, type Row, type Rows } from './rows.js';

/** A pause of typing after which a search begins. */
const DEBOUNCE_MS = 120;
/** While people change all the time, a search is made again after this time. */
const EXPIRE_MS = 1000;

/** What a search has found so far. */
interface Found {
  readonly rows: readonly Row[];
  readonly nextPageToken: string;
}

/** The rows of what a search finds, the best first. */
export class SearchRows extends Observable implements Rows {
  readonly #api: DirectoryApi;
  #query = '';
  #found: Found | undefined;
  #error: unknown;
  #last = 0;
  #isReading = false;
  #search = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly progress = undefined;

  constructor(api: DirectoryApi) {
    super();
    this.#api = api;
  }

  get query(): string {
    return this.#query;
  }

  get count(): number {
    return this.#found?.rows.length ?? 0;
  }

  get isOpenEnded(): boolean {
    return this.#found !== undefined && this.#found.nextPageToken !== '';
  }

  get isLoading(): boolean {
    return this.#found === undefined && this.#error === undefined;
  }

  get error(): unknown {
    return this.#error;
  }

  /** Searches for another text after a short pause; earlier searches are aborted. */
  search(query: string): void {
    if (query === this.#query) return;
    const isFirst = this.#query === '';
    this.#query = query;
    if (isFirst) this.#found = undefined;
    this.#startIn(DEBOUNCE_MS);
    this.changed();
  }

  at(row: number): Row | undefined {
    return this.#found?.rows[row];
  }

  rowOf(id: number): number | undefined {
    const row = this.#found?.rows.findIndex(({ person }) => person.id === id) ?? -1;
    return row < 0 ? undefined : row;
  }

  show(_firstRow: number, lastRow: number): void {
    this.#last = lastRow;
    if (this.isOpenEnded && lastRow >= this.count - 1) void this.#readMore();
  }

  expire(people: readonly Person[]): void {
    const changed = new Map(people.map((person) => [person.id, person]));
    if (this.#found !== undefined && changed.size > 0) {
      const rows = this.#found.rows.map((row) => {
        const person = changed.get(row.person.id);
        return person === undefined || isOlder(person, row.person) ? row : { ...row, person };
      });
      this.#found = { ...this.#found, rows };
      this.changed();
    }
    if (this.#query !== '' && this.#timer === undefined) this.#startIn(EXPIRE_MS);
  }

  retry(): void {
    this.#error = undefined;
    this.#startIn(0);
  }

  #startIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#search.abort();
    this.#search = new AbortController();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#query.trim() !== '') void this.#start();
    }, delayMs);
  }

  async #start(): Promise<void> {
    await this.#reading(async (signal) => {
      this.#found = await this.#page('', [], signal);
    });
  }

  async #readMore(): Promise<void> {
    const found = this.#found;
    if (found === undefined || this.#isReading || this.#error !== undefined) return;
    this.#isReading = true;
    await this.#reading(async (signal) => {
      this.#found = await this.#page(found.nextPageToken, found.rows, signal);
    });
    this.#isReading = false;
    this.show(0, this.#last);
  }

  async #page(pageToken: string, before: readonly Row[], signal: AbortSignal): Promise<Found> {
    const { matches, nextPageToken } = await this.#api.searchPersons(
      this.#query.slice(0, 200),
      pageToken,
      signal,
    );
    signal.throwIfAborted();
    const rows = matches.flatMap(({ person, field }) => (person ? [{ person, field }] : []));
    return { rows: [...before, ...rows], nextPageToken };
  }

  async #reading(read: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#search;
    try {
      await read(signal);
      this.#error = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.#error = error;
    }
    this.changed();
  }
}
