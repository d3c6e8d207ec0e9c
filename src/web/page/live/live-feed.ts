import { PersonOrder, type Person } from '../../../../gen/personguide/person_guide.js';
import { CallError } from '../api/call-error.js';
import type { DirectoryApi } from '../api/directory-api.js';
import type { Session } from '../api/session.js';
import { idOf, personOf } from '../list/person-page.js';
import { Observable } from '../observable.js';

/** What has changed; undefined if only that something has. */
export interface Change {
  readonly people: readonly Person[];
  readonly deletedIds: readonly number[];
}

/** Whether the page shows the directory as it is. */
export type LiveState = 'connecting' | 'live' | 'lost';

/** The tab that holds this lock has the stream. */
const LOCK = 'personguide.live';
/** How often the other visible tabs ask. */
const POLL_MS = 2000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 3000;

/**
 * Follows the directory while the tab is visible. A browser opens six connections to a server
 * without TLS, for all its tabs, and a stream takes one of them. So one tab has a stream, and the
 * others ask every two seconds whether something has changed.
 */
export class LiveFeed extends Observable {
  readonly #api: DirectoryApi;
  readonly #session: Session;
  readonly #onChange: (change: Change | undefined) => void;
  #state: LiveState = 'connecting';
  #syncToken = '';
  #seen: string | undefined;
  #retryMs = FIRST_RETRY_MS;
  #error: unknown;
  #wake = new AbortController();

  constructor(api: DirectoryApi, session: Session, onChange: (change: Change | undefined) => void) {
    super();
    this.#api = api;
    this.#session = session;
    this.#onChange = onChange;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Why the directory cannot be followed; undefined while it can. */
  get error(): unknown {
    return this.#error;
  }

  /** Follows the directory as long as the page is open. */
  start(): void {
    document.addEventListener('visibilitychange', () => {
      this.tryNow();
    });
    addEventListener('online', () => {
      this.tryNow();
    });
    void this.#run();
  }

  /** Ends a pause, or the stream if the tab is hidden now. */
  tryNow(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  async #run(): Promise<void> {
    for (;;) {
      if (document.hidden || this.#session.isKeyNeeded) {
        await this.#pause(Infinity);
        continue;
      }
      try {
        await this.#follow();
      } catch (error) {
        await this.#fail(error);
      }
    }
  }

  /** Follows by a stream if no other tab has one. */
  async #follow(): Promise<void> {
    const { locks } = navigator as { locks?: LockManager };
    const hasStreamed = await locks?.request(LOCK, { ifAvailable: true }, async (lock) => {
      if (lock === null) return false;
      await this.#stream();
      return true;
    });
    if (hasStreamed === true) return;
    await this.#poll();
    await this.#pause(POLL_MS);
  }

  async #stream(): Promise<void> {
    const ended = new AbortController();
    const endIfHidden = (): void => {
      if (document.hidden) ended.abort();
    };
    document.addEventListener('visibilitychange', endIfHidden);
    try {
      const isFirst = this.#syncToken === '';
      for await (const response of this.#api.watchPersons(this.#syncToken, ended.signal)) {
        this.#succeed();
        const hasBegun = isFirst && this.#syncToken === '';
        this.#syncToken = response.syncToken;
        const { people, deletedIds } = response;
        // What happened between the first page and the first response is not in the stream.
        if (hasBegun) this.#onChange(undefined);
        if (people.length > 0 || deletedIds.length > 0) this.#onChange({ people, deletedIds });
      }
      throw new CallError('unavailable', 'the server has ended the stream');
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    } finally {
      document.removeEventListener('visibilitychange', endIfHidden);
      ended.abort();
    }
  }

  async #poll(): Promise<void> {
    const order = PersonOrder.PERSON_ORDER_LAST_UPDATED;
    const { people, totalSize } = await this.#api.queryPersons({ order, pageSize: 1 });
    const [latest] = people;
    const etag = latest === undefined ? '' : personOf(latest).etag;
    const seen = `${totalSize} ${latest === undefined ? 0 : idOf(latest)} ${etag}`;
    const isChanged = seen !== this.#seen;
    this.#seen = seen;
    this.#succeed();
    if (isChanged) this.#onChange(undefined);
  }

  #succeed(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#error = undefined;
    this.#become('live');
  }

  async #fail(error: unknown): Promise<void> {
    this.#session.noteError(error, 'people:read');
    this.#error = error;
    if (error instanceof CallError && !error.isTransient) this.#restart(error);
    this.#become('lost');
    const { retryDelayMs = 0 } = error instanceof CallError ? error : {};
    const delayMs = Math.max(retryDelayMs, this.#retryMs);
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
    await this.#pause(delayMs);
  }

  /** The token is too old, or of another directory: what is shown may be wrong. */
  #restart({ code }: CallError): void {
    if (code !== 'out_of_range' && code !== 'invalid_argument') return;
    this.#syncToken = '';
    this.#retryMs = FIRST_RETRY_MS;
  }

  #become(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.changed();
  }

  /** Resolves after a time, or when there is a reason not to wait. */
  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#wake;
    return new Promise((resolve) => {
      const timer = delayMs === Infinity ? undefined : setTimeout(resolve, delayMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
