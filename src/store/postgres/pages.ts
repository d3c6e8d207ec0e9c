import type { Page, PageRequest } from '../../directory/store.js';
import type { RunStatement, Statement, Value } from './database.js';
import { unpack } from './packed.js';

/** A page ends before it exceeds this, even below its limit; a single message may be larger. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** Reads one page; `values` are bound before the id and the limit of the page. */
export type PageReader<T> = (page: PageRequest, ...values: Value[]) => Promise<Page<T>>;

/** Reads pages by a PACKED statement whose last two parameters are an id and a limit. */
export function createPageReader<T>(run: RunStatement, statement: Statement): PageReader<T> {
  // Large messages are neighbours: the size of the last ones predicts how many fit into a page.
  let meanBytes = 1;

  async function read(page: PageRequest, values: Value[], limit: number): Promise<Page<T>> {
    const [row] = await run(statement, [...values, page.afterId, limit]);
    const { ids, messages, bytes } = unpack(row);
    if (messages.length > 0) meanBytes = Math.max(1, bytes / messages.length);
    const count = countThatFits(messages, bytes);
    return {
      messages: messages.slice(0, count),
      lastId: ids[count - 1] ?? page.afterId,
      done: count === messages.length && count < limit,
    };
  }

  return (page, ...values) => {
    const predicted = Math.max(1, Math.floor(MAX_PAGE_BYTES / meanBytes));
    return read(page, values, Math.min(page.limit, predicted));
  };
}

/** How many of the messages, at least one, fit into a page. */
function countThatFits(messages: readonly Uint8Array[], allBytes: number): number {
  if (allBytes <= MAX_PAGE_BYTES) return messages.length;
  let bytes = 0;
  const firstBeyond = messages.findIndex(({ length }) => (bytes += length) > MAX_PAGE_BYTES);
  return Math.max(1, firstBeyond);
}
