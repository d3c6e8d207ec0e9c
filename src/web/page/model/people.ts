import { PersonOrder, type Person } from '../../../../gen/personguide/person_guide.js';
import type { DirectoryApi } from '../api/directory-api.js';
import { PeopleRows } from '../list/people-rows.js';
import type { Rows } from '../list/rows.js';
import { SearchRows } from '../list/search-rows.js';
import type { Change } from '../live/live-feed.js';
import { Observable } from '../observable.js';

/** The list of people as it is chosen: an order, a label, or a search. */
export class People extends Observable {
  readonly #api: DirectoryApi;
  readonly search: SearchRows;
  #order = PersonOrder.PERSON_ORDER_NAME;
  #label = '';
  #rows: PeopleRows;
  #latest: Change | undefined;

  constructor(api: DirectoryApi) {
    super();
    this.#api = api;
    this.#rows = new PeopleRows(api, this.#order);
    this.search = new SearchRows(api);
  }

  get order(): PersonOrder {
    return this.#order;
  }

  get label(): string {
    return this.#label;
  }

  get query(): string {
    return this.search.query;
  }

  get isSearch(): boolean {
    return this.query.trim() !== '';
  }

  get rows(): Rows {
    return this.isSearch ? this.search : this.#rows;
  }

  /** The latest change of the directory. */
  get latestChange(): Change | undefined {
    return this.#latest;
  }

  orderBy(order: PersonOrder): void {
    if (order !== this.#order) this.#open(order, this.#label);
  }

  withLabel(label: string): void {
    this.search.search('');
    this.#open(this.#order, label);
  }

  find(query: string): void {
    this.search.search(query);
    this.changed();
  }

  /** Reads everything again, as another caller. */
  reopen(): void {
    this.#open(this.#order, this.#label);
    this.search.retry();
  }

  /** Takes a change of the directory; undefined if only that there is one is known. */
  take(change: Change | undefined): void {
    this.#latest = change;
    const people = change?.people ?? [];
    this.#rows.expire(people);
    this.search.expire(people);
    this.changed();
  }

  /** Reads again what could not be read. */
  retry(): void {
    if (this.#rows.error !== undefined) this.#rows.retry();
    if (this.search.error !== undefined) this.search.retry();
  }

  getPerson(id: number, signal: AbortSignal): Promise<Person> {
    return this.#api.getPerson(id, signal);
  }

  #open(order: PersonOrder, label: string): void {
    this.#rows.close();
    this.#order = order;
    this.#label = label;
    this.#rows = new PeopleRows(this.#api, order, label);
    this.changed();
  }
}
