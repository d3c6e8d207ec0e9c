import type { Page, PageRequest } from './store.js';

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
