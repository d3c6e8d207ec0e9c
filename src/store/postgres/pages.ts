import type { Page, PageRequest } from '../../directory/store.js';
import type { RunStatement, Statement, Value } from './database.js';
import { unpack } from './packed.js';

/** A page ends before it exceeds this, even below its limit; a single message may be larger. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** Reads one page; `values` are bound before the id and the limit of the page. */
export type PageReader<T> = (page: PageRequest, ...values: Value[]) => Promise<Page<T>>;

/** Predicts how many messages fit into a page. */
export interface PageSize {
  /** 1 or more. */
  predicted(): number;
  /** Takes note of messages that were read: large ones are neighbours. */
  learn(messages: readonly Uint8Array[]): void;
}

/** Predicts for one kind of page. */
export function createPageSize(): PageSize {
  let meanBytes = 1;
  return {
    predicted: () => Math.max(1, Math.floor(MAX_PAGE_BYTES / meanBytes)),
    learn: (messages) => {
      let bytes = 0;
      for (const { length } of messages) bytes += length;
      if (messages.length > 0) meanBytes = Math.max(1, bytes / messages.length);
    },
  };
}

/** Reads pages by a PACKED statement whose last two parameters are an id and a limit. */
export function createPageReader<T>(run: RunStatement, statement: Statement): PageReader<T> {
  const pageSize = createPageSize();

  async function read(page: PageRequest, values: Value[], limit: number): Promise<Page<T>> {
    const [row] = await run(statement, [...values, page.afterId, limit]);
    const { ids, messages } = unpack(row);
    pageSize.learn(messages);
    const count = countThatFits(messages);
    return {
      messages: messages.slice(0, count),
      lastId: ids[count - 1] ?? page.afterId,
      done: count === messages.length && count < limit,
    };
  }

  return (page, ...values) => read(page, values, Math.min(page.limit, pageSize.predicted()));
}

/** How many of the messages, at least one, fit into a page. */
export function countThatFits(messages: readonly Uint8Array[]): number {
  let bytes = 0;
  const firstBeyond = messages.findIndex(({ length }) => (bytes += length) > MAX_PAGE_BYTES);
  return firstBeyond < 0 ? messages.length : Math.max(1, firstBeyond);
}
