import type {
  Person,
  WatchPersonsRequest,
  WatchPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import { CHANGES_PER_READ, type ChangeHub } from './change-hub.js';
import type { Encoded } from './encoded.js';
import { invalid } from './errors.js';
import { MAX_ID } from './free-ids.js';
import { PageLength } from './pages.js';
import type { ListOptions } from './people.js';
import type { ChangePosition, ChangeStore, Page, PeopleQueryStore, PeopleStore } from './store.js';
import { checkFilter } from './validation.js';
import {
  emptyResponse,
  partsOf,
  readSyncToken,
  snapshotResponse,
  stepOf,
  toWatchFilter,
  type WatchFilter,
  type WatchPosition,
  type WatchStep,
} from './watch-responses.js';

/** People per response of a snapshot. */
const SNAPSHOT_PAGE_SIZE = 500;

const heartbeats = { byDefault: 15, max: 240 } as const;

type WatchStore = PeopleStore & PeopleQueryStore & ChangeStore;
type Responses = AsyncGenerator<Encoded<WatchPersonsResponse>, void, undefined>;

/**
 * Follows the people who match a filter: a snapshot if the request wants one, then every change,
 * until the call ends. Rejects with `invalid`, SYNC_TOKEN_EXPIRED, and SERVER_STOPPING when the hub
 * is closed. A caller who does not read holds one response and no other memory.
 */
export async function* watchPeople(
  store: WatchStore,
  hub: ChangeHub,
  request: WatchPersonsRequest,
  options: ListOptions,
): Responses {
  checkFilter(request);
  const watch = new Watch(store, hub, request, options);
  hub.join();
  try {
    yield* watch.run(request);
  } finally {
    hub.leave();
  }
}

/** One call. */
class Watch {
  readonly #store: WatchStore;
  readonly #hub: ChangeHub;
  readonly #filter: WatchFilter;
  readonly #heartbeatSeconds: number;
  readonly #options: ListOptions;

  constructor(
    store: WatchStore,
    hub: ChangeHub,
    request: WatchPersonsRequest,
    options: ListOptions,
  ) {
    this.#store = store;
    this.#hub = hub;
    this.#filter = toWatchFilter(request);
    this.#heartbeatSeconds = requireHeartbeat(request.heartbeatSeconds);
    this.#options = options;
  }

  async *run({ start }: WatchPersonsRequest): Responses {
    const { changes, snapshotId } = await this.#startOf(start);
    if (snapshotId !== undefined) yield* this.#snapshot(changes, snapshotId);
    yield* this.#changes(changes, snapshotId === undefined);
  }

  async #startOf(start: WatchPersonsRequest['start']): Promise<WatchPosition> {
    switch (start?.$case) {
      case 'syncToken':
        return this.#resume(readSyncToken(this.#filter, start.value));
      case 'snapshot':
        requireTrue(start.$case, start.value);
        return { changes: await this.#store.currentPosition(this.#options), snapshotId: 0 };
      case 'now':
        requireTrue(start.$case, start.value);
        return {
          changes: await this.#store.currentPosition(this.#options),
          snapshotId: undefined,
        };
      case undefined:
        return reject('start', 'must be set: snapshot, now or sync_token');
    }
  }

  /** Checks at the start that the changes after a snapshot are still known. */
  async #resume(position: WatchPosition): Promise<WatchPosition> {
    if (position.snapshotId !== undefined) {
      await this.#store.readChanges(position.changes, 1, this.#options);
    }
    return position;
  }

  /** Everyone with an id above `afterId`. What changes meanwhile follows: it is after `changes`. */
  async *#snapshot(changes: ChangePosition, afterId: number): Responses {
    const length = new PageLength(SNAPSHOT_PAGE_SIZE, this.#options.pageBytes);
    let page: Page<Person> = { messages: [], lastId: afterId, done: false };
    while (!page.done) {
      this.#hub.throwIfClosed();
      page = await this.#readPeople(page.lastId, length.next());
      length.learn(page.messages);
      if (page.messages.length === 0) continue;
      yield snapshotResponse(this.#filter, page.messages, { changes, snapshotId: page.lastId });
    }
    yield emptyResponse(this.#filter, changes, true);
  }

  async #readPeople(afterId: number, limit: number): Promise<Page<Person>> {
    const { addressKey, labelKey } = this.#filter;
    if (labelKey === undefined) {
      return this.#store.listPeople({ afterId, limit, addressKey }, this.#options);
    }
    const order = 'id';
    const position = { order, afterId } as const;
    const { messages, next } = await this.#store.queryPeople(
      { order, position, limit, addressKey, labelKey, showDeleted: false },
      this.#options,
    );
    return { messages, lastId: next?.afterId ?? MAX_ID, done: next === undefined };
  }

  /** All changes after a position, as they come. With `isDue` there is a response immediately. */
  async *#changes(start: ChangePosition, isDue: boolean): Responses {
    let position = start;
    for (;;) {
      const step = await this.#next(position);
      ({ position } = step);
      if (step.response !== undefined) {
        yield step.response;
        isDue = false;
        continue;
      }
      if (isDue) yield emptyResponse(this.#filter, position);
      const why = await this.#hub.wait(position, this.#heartbeatSeconds, this.#options.signal);
      isDue = why === 'heartbeat';
    }
  }

  /** What comes after that position: shared with other watchers who are there, or read alone. */
  async #next(position: ChangePosition): Promise<WatchStep> {
    this.#hub.throwIfClosed();
    const shared = this.#hub.stepAfter(position, this.#filter);
    if (shared !== undefined) return shared;
    if (this.#hub.isAtHead(position)) return { position, response: undefined };
    const page = await this.#store.readChanges(position, CHANGES_PER_READ, this.#options);
    // The rest of the page is read again later: a caller who does not read must not hold it.
    const [part = page] = partsOf(page);
    return stepOf(this.#filter, part);
  }
}

function requireHeartbeat(seconds: number): number {
  if (seconds >= 0 && seconds <= heartbeats.max) return seconds || heartbeats.byDefault;
  return reject('heartbeat_seconds', `must be 1 to ${heartbeats.max}, or 0 for the default`);
}

function requireTrue(field: string, value: boolean): void {
  if (!value) reject(field, 'must be true');
}

function reject(field: string, description: string): never {
  throw invalid([{ field, description }]);
}
