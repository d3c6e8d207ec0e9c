import type { Page, PageRequest } from './store.js';

/**
 * Reads a list page by page, until a page is `done`; at most `limit` messages per page. One page is
 * read ahead: a database on another machine works on it while the one before is sent.
 */
export async function* readPages<T>(
  limit: number,
  readPage: (page: PageRequest) => Promise<Page<T>>,
): AsyncGenerator<Page<T>, void, undefined> {
  let page = await readPage({ afterId: 0, limit });
  while (!page.done) {
    const next = readAhead(readPage, { afterId: page.lastId, limit });
    yield page;
    page = await next;
  }
  yield page;
}

/** Begins after the page before has been passed on; a driver may read synchronously. */
function readAhead<T>(
  readPage: (page: PageRequest) => Promise<Page<T>>,
  request: PageRequest,
): Promise<Page<T>> {
  const next = new Promise<Page<T>>((resolve, reject) => {
    setImmediate(() => {
      readPage(request).then(resolve, reject);
    });
  });
  // The reader may leave before it asks for the page, whose failure then concerns no call.
  next.catch(() => undefined);
  return next;
}
