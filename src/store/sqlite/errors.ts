import { DirectoryError, type Reason } from '../../directory/errors.js';

/** https://www.sqlite.org/rescode.html; the low byte of an extended code is the primary one. */
const CODES = {
  busy: 5,
  noMemory: 7,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
  uniqueConstraint: 2067,
} as const;

type Description = readonly [reason: Reason, code: string, text: string];

/** For callers: these texts do not name the file. */
const DESCRIPTIONS: ReadonlyMap<number, Description> = new Map<number, Description>([
  [CODES.noMemory, ['unavailable', 'STORE_OUT_OF_MEMORY', 'the store is out of memory']],
  [CODES.readOnly, ['unavailable', 'STORE_READ_ONLY', 'the store cannot be written']],
  [CODES.inputOutput, ['unavailable', 'STORE_IO_ERROR', 'the disk of the store failed']],
  [CODES.corrupt, ['unavailable', 'STORE_DAMAGED', 'the store is damaged']],
  [CODES.full, ['exhausted', 'STORE_FULL', 'the disk of the store is full']],
  [CODES.cannotOpen, ['unavailable', 'STORE_IO_ERROR', 'the store cannot open its files']],
  [CODES.notADatabase, ['unavailable', 'STORE_DAMAGED', 'the store is damaged']],
]);

/** For the operator who opens a file. */
const OPENING: ReadonlyMap<number, readonly [code: string, text: string]> = new Map([
  [CODES.busy, ['STORE_IN_USE', 'another process has it open; stop that one or name another file']],
  [CODES.readOnly, ['STORE_READ_ONLY', 'the file or its directory cannot be written']],
  [CODES.inputOutput, ['STORE_IO_ERROR', 'the disk failed']],
  [CODES.corrupt, ['STORE_DAMAGED', 'the file is damaged or cut off; restore a backup']],
  [CODES.full, ['STORE_FULL', 'the disk is full']],
  [
    CODES.cannotOpen,
    ['CANNOT_OPEN_STORE', 'no such directory, no permission, or not a plain file'],
  ],
  [CODES.notADatabase, ['NOT_A_STORE', 'the file is not a SQLite database; name another']],
]);

function errcodeOf(error: unknown): number | undefined {
  // By field: node:sqlite and @photostructure/sqlite do not share an error class.
  const errcode = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof errcode === 'number' ? errcode : undefined;
}

/** Turns an error of SQLite into one that a caller may see; returns other errors unchanged. */
export function toStoreError(error: unknown): unknown {
  const described = DESCRIPTIONS.get((errcodeOf(error) ?? 0) & 0xff);
  if (described === undefined) return error;
  const [reason, code, text] = described;
  return new DirectoryError(reason, text, { code, cause: error });
}

/** Turns an error of SQLite while the file is opened into one line for the operator. */
export function toOpenError(error: unknown, path: string): unknown {
  const errcode = errcodeOf(error);
  if (errcode === undefined) return error;
  const [code, text] = OPENING.get(errcode & 0xff) ?? ['CANNOT_OPEN_STORE', String(error)];
  return new DirectoryError('unavailable', `cannot open ${path}: ${text}`, { code, cause: error });
}

/** Whether the row violates a unique index. */
export function isUniqueViolation(error: unknown): boolean {
  return errcodeOf(error) === CODES.uniqueConstraint;
}

/**
 * Whether the error may have ended the transaction, and with it all writes in it.
 * https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
 */
export function endsTransaction(error: unknown): boolean {
  const errcode = errcodeOf(error);
  return errcode !== undefined && (errcode & 0xff) !== CODES.constraint;
}
