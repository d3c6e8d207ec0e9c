import type { Page, PageRequest } from './store.js';

/** How large a message is taken to be before the first page was read. */
const MESSAGE_BYTES = 128;

/** Reads a list page by page, until a page is `done`; at most `limit` messages per page. */
export async function* readPages<T>(
  limit: number,
  readPage: (page: PageRequest) => Promise<Page<T>>,
): AsyncGenerator<Page<T>, void, undefined> {
  let afterId = 0;
  for (;;) {
    const page = await readPage({ afterId, limit });
    yield page;
    if (page.done) return;
    afterId = page.lastId;
  }
}

/**
 * How many messages to read for pages of a number of bytes, which may change from page to page. The
 * messages of a page are taken to be as large as those of the last one.
 */
export class PageLength {
  readonly #most: number;
  readonly #pageBytes: () => number;
  #messageBytes = MESSAGE_BYTES;

  /** @param most messages per page */
  constructor(most: number, pageBytes: () => number) {
    this.#most = most;
    this.#pageBytes = pageBytes;
  }

  /** 1 or more. */
  next(): number {
    const fitting = Math.floor(this.#pageBytes() / this.#messageBytes);
    return Math.max(1, Math.min(this.#most, fitting));
  }

  /** A page was read. */
  learn(messages: readonly Uint8Array[]): void {
    let bytes = 0;
    for (const { length } of messages) bytes += length;
    if (messages.length > 0) this.#messageBytes = Math.max(1, bytes / messages.length);
  }
}
