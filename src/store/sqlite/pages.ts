import type { Page, PageRequest } from '../../directory/store.js';
import type { Statement, Value } from './database.js';
import { unpack, type PackedRow } from './packed.js';

/** A page ends before it exceeds this, even below its limit; a single message may be larger. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** Reads one page; `values` are bound before the id and the limit of the page. */
export type PageReader<T> = (page: PageRequest, ...values: Value[]) => Page<T>;

/** Reads pages by a PACKED statement whose last two parameters are an id and a limit. */
export function createPageReader<T>(statement: Statement): PageReader<T> {
  // Large messages are neighbours: the size of the last ones predicts how many fit into a page.
  let meanBytes = 1;

  function read(page: PageRequest, values: Value[], limit: number): Page<T> {
    const row = statement.get(...values, page.afterId, limit) as PackedRow;
    const messages = unpack(row) as Uint8Array[];
    const size = row.bytes?.length ?? 0;
    if (messages.length > 0) meanBytes = Math.max(1, size / messages.length);
    if (size > MAX_PAGE_BYTES && messages.length > 1) {
      return read(page, values, countThatFits(messages));
    }
    return { messages, lastId: row.last_id ?? page.afterId, done: messages.length < limit };
  }

  return (page, ...values) => {
    const predicted = Math.max(1, Math.floor(MAX_PAGE_BYTES / meanBytes));
    return read(page, values, Math.min(page.limit, predicted));
  };
}

/** How many of the messages, at least one, fit into a page. */
function countThatFits(messages: readonly Uint8Array[]): number {
  let bytes = 0;
  const firstBeyond = messages.findIndex(({ length }) => (bytes += length) > MAX_PAGE_BYTES);
  return Math.max(1, firstBeyond);
}
