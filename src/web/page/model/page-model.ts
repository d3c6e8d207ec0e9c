import type { GetStatusResponse } from '../../../../gen/personguide/admin/v1/status.js';
import type { Person } from '../../../../gen/personguide/person_guide.js';
import { DirectoryApi } from '../api/directory-api.js';
import { Session } from '../api/session.js';
import { Transport } from '../api/transport.js';
import { LiveFeed } from '../live/live-feed.js';
import { errorText } from './error-text.js';
import { Notices } from './notices.js';
import { People } from './people.js';
import { Router } from './route.js';

const STATUS_TIMEOUT_MS = 10_000;

/** Everything that the views show and do. */
export class PageModel {
  readonly #transport = new Transport();
  readonly session: Session;
  readonly api: DirectoryApi;
  readonly people: People;
  readonly feed: LiveFeed;
  readonly notices = new Notices();
  readonly router = new Router();

  constructor() {
    this.session = new Session(this.#transport);
    this.api = new DirectoryApi(this.#transport, this.session);
    this.people = new People(this.api);
    this.feed = new LiveFeed(this.api, this.session, (change) => {
      this.people.take(change);
    });
    this.feed.subscribe(() => {
      if (this.feed.state !== 'live') return;
      this.people.retry();
      // It may be another server now, and the key another one.
      void this.readStatus(AbortSignal.timeout(STATUS_TIMEOUT_MS)).catch(() => undefined);
    });
    this.feed.start();
  }

  /** Goes on with another key, or without one for an empty text. */
  useKey(key: string): void {
    if (key === '') this.session.removeKey();
    else this.session.useKey(key);
    this.people.reopen();
    this.feed.tryNow();
  }

  /** Reads how the server is. */
  async readStatus(signal: AbortSignal): Promise<GetStatusResponse> {
    const status = await this.api.getStatus(signal);
    if (status.accessControl) this.session.grant(status.scopes);
    return status;
  }

  /** Deletes a person, and offers to undo that. */
  async deletePerson({ id, name, etag }: Person): Promise<void> {
    await this.api.deletePerson(id, etag);
    this.people.take({ people: [], deletedIds: [id] });
    this.notices.show(`${name} was deleted.`, {
      label: 'Undo',
      run: () => void this.#undelete(id),
    });
  }

  async #undelete(id: number): Promise<void> {
    try {
      const { name } = await this.api.undeletePerson(id);
      this.people.take(undefined);
      this.notices.show(`${name} is back.`);
      this.router.go({ view: 'people', id });
    } catch (error) {
      this.notices.fail(errorText(error));
    }
  }
}
