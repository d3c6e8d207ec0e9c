/** https://www.sqlite.org/walformat.html, 1.1 and 1.2 */
const HEADER_BYTES = 32;
const PAGE_SIZE_AT = 8;
const SALT_AT = 16;
const FRAME_HEADER_BYTES = 24;
const SALT_BYTES = 8;

/** The part of a WAL file that one transaction has written. */
export interface WalTransaction {
  readonly start: number;
  readonly end: number;
}

/** The complete transactions in a WAL since it last began anew, the header with the first of them. */
export function walTransactions(wal: Buffer): WalTransaction[] {
  if (wal.length < HEADER_BYTES) return [];
  const salt = saltOf(wal);
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(PAGE_SIZE_AT);
  const transactions: WalTransaction[] = [];
  let start = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= wal.length; at += frameBytes) {
    // Behind the last frame are those of before.
    if (!wal.subarray(at + 8, at + 8 + SALT_BYTES).equals(salt)) break;
    const isLastOfTransaction = wal.readUInt32BE(at + 4) !== 0;
    if (!isLastOfTransaction) continue;
    transactions.push({ start, end: at + frameBytes });
    start = at + frameBytes;
  }
  return transactions;
}

/** Whether the WAL began anew between the two. */
export function beganAnew(before: Buffer, after: Buffer): boolean {
  return !saltOf(before).equals(saltOf(after));
}

function saltOf(wal: Buffer): Buffer {
  return wal.subarray(SALT_AT, SALT_AT + SALT_BYTES);
}
