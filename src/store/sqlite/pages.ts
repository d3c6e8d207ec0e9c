import type { Page, PageRequest } from '../../directory/store.js';
import type { Statement, Value } from './database.js';
import { unpack, type PackedRow } from './packed.js';

/** A page ends before it exceeds this, even below its limit; a single message may be larger. */
export const MAX_PAGE_BYTES = 1024 * 1024;

/** What a bounded statement has read. */
export interface BoundedRows<Row extends PackedRow> {
  readonly row: Row;
  readonly messages: readonly Uint8Array[];
  /** Whether there are no more. */
  readonly done: boolean;
}

/**
 * Reads by a PACKED statement whose last parameter is a limit: at most so many rows, and fewer if
 * they would exceed MAX_PAGE_BYTES. `values` are bound before the limit.
 */
export function createBoundedRead<Row extends PackedRow>(
  statement: Statement,
): (limit: number, ...values: Value[]) => BoundedRows<Row> {
  // Large messages are neighbours: the size of the last ones predicts how many fit into a page.
  let meanBytes = 1;

  function read(limit: number, values: Value[]): BoundedRows<Row> {
    const row = statement.get(...values, limit) as Row;
    const messages = unpack(row) as Uint8Array[];
    const size = row.bytes?.length ?? 0;
    if (messages.length > 0) meanBytes = Math.max(1, size / messages.length);
    if (size > MAX_PAGE_BYTES && messages.length > 1) return read(countThatFits(messages), values);
    return { row, messages, done: messages.length < limit };
  }

  return (limit, ...values) => {
    const predicted = Math.max(1, Math.floor(MAX_PAGE_BYTES / meanBytes));
    return read(Math.min(limit, predicted), values);
  };
}

/** Reads one page; `values` are bound before the id and the limit of the page. */
export type PageReader<T> = (page: PageRequest, ...values: Value[]) => Page<T>;

/** Reads pages by a PACKED statement whose last two parameters are an id and a limit. */
export function createPageReader<T>(statement: Statement): PageReader<T> {
  const read = createBoundedRead(statement);
  return (page, ...values) => {
    const { row, messages, done } = read(page.limit, ...values, page.afterId);
    return { messages, lastId: row.last_id ?? page.afterId, done };
  };
}

/** How many of the messages, at least one, fit into a page. */
function countThatFits(messages: readonly Uint8Array[]): number {
  let bytes = 0;
  const firstBeyond = messages.findIndex(({ length }) => (bytes += length) > MAX_PAGE_BYTES);
  return Math.max(1, firstBeyond);
}
