/**
 * A select list that packs all rows of a subquery with `id` and `message` into one row: that costs
 * 0.9 us of CPU per message, where a row of its own costs 2.3 us. The messages come in ascending
 * order of id.
 */
export const PACKED = `
  string_agg(id::text, ',' order by id) as ids,
  string_agg(length(message)::text, ',' order by id) as lengths,
  string_agg(message, ''::bytea order by id) as bytes`;

/** The messages of a packed row. */
export interface Packed {
  readonly ids: readonly number[];
  /** Views of one buffer. */
  readonly messages: readonly Uint8Array[];
}

/** Takes a row selected by PACKED apart. */
export function unpack(row: readonly unknown[] | undefined): Packed {
  const [ids, lengths, buffer] = (row ?? []) as [string | null, string | null, Buffer | null];
  if (ids == null || lengths == null || buffer == null) return { ids: [], messages: [] };
  let end = 0;
  const messages = lengths.split(',').map((length) => {
    const start = end;
    end += Number(length);
    return buffer.subarray(start, end);
  });
  if (end !== buffer.length) throw new Error(`packed ${end} bytes, read ${buffer.length}`);
  return { ids: ids.split(',').map(Number), messages };
}
