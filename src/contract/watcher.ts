import type {
  Person,
  WatchPersonsRequest,
  WatchPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import type { CallOptions, PartialMessage, ResponseStream } from '../index.js';
import { peopleCalls, type Connected } from './connected.js';

export type Start = WatchPersonsRequest['start'];

export type Filter = Omit<PartialMessage<WatchPersonsRequest>, 'start'>;

export const SNAPSHOT: Start = { $case: 'snapshot', value: true };
export const NOW: Start = { $case: 'now', value: true };
export const after = (value: string): Start => ({ $case: 'syncToken', value });

/** A caller of WatchPersons, and what it knows so far. */
export class Watcher implements AsyncDisposable {
  readonly #responses: ResponseStream<WatchPersonsResponse>;
  /** The people who match, by id. */
  readonly people = new Map<number, Person>();
  /** All ids that were returned as deleted, in order. */
  readonly deletedIds: number[] = [];
  isComplete = false;
  token = '';

  constructor(connected: Connected, start: Start, filter: Filter = {}, options?: CallOptions) {
    this.#responses = peopleCalls(connected).watchPersons({ ...filter, start }, options);
  }

  /** The next response. */
  async next(): Promise<WatchPersonsResponse> {
    const { value } = await this.#responses.next();
    if (value === undefined) throw new Error('the watch has ended');
    for (const person of value.people) this.people.set(person.id, person);
    for (const id of value.deletedIds) this.people.delete(id);
    this.deletedIds.push(...value.deletedIds);
    this.isComplete ||= value.snapshotComplete;
    this.token = value.syncToken;
    return value;
  }

  /** Reads on until that holds; resolves with the responses that it took. */
  async until(holds: () => boolean): Promise<WatchPersonsResponse[]> {
    const responses: WatchPersonsResponse[] = [];
    while (!holds()) responses.push(await this.next());
    return responses;
  }

  /** Reads on until the person is known in that version. */
  async see({ id, etag }: Person): Promise<WatchPersonsResponse[]> {
    return this.until(() => this.people.get(id)?.etag === etag);
  }

  /** Reads on until the id is returned as deleted once more. */
  async seeDeleted(id: number): Promise<WatchPersonsResponse[]> {
    const { length } = this.deletedIds;
    return this.until(() => this.deletedIds.includes(id, length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#responses.return();
  }
}
