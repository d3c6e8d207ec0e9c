/**
 * A select list that packs all rows of a subquery with `id` and `message` into one row: that costs
 * 0.18 us per message, where a row of its own costs 0.8 us. The messages keep the order of the
 * subquery. A `message` of null is packed as well, as a length of -1.
 */
export const PACKED = `
  max(id) as last_id,
  group_concat(ifnull(length(message), -1)) as lengths,
  cast(group_concat(ifnull(message, ''), '') as blob) as bytes`;

/** A row selected by PACKED; null where the subquery has no rows. */
export interface PackedRow {
  readonly last_id: number | null;
  readonly lengths: string | null;
  readonly bytes: Uint8Array | null;
}

/** The messages of a packed row in order, as views of its bytes; undefined for each null. */
export function unpack({ lengths, bytes }: PackedRow): (Uint8Array | undefined)[] {
  if (lengths === null || bytes === null) return [];
  // Views of a Buffer are Buffers, which gRPC sends without wrapping them again.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = 0;
  const messages = lengths.split(',').map((text) => {
    const length = Number(text);
    if (length < 0) return undefined;
    const start = end;
    end += length;
    return buffer.subarray(start, end);
  });
  // SQLite concatenates blobs byte by byte, NUL included, but its documentation does not say so.
  if (end !== bytes.length) throw new Error(`packed ${end} bytes, read ${bytes.length}`);
  return messages;
}
