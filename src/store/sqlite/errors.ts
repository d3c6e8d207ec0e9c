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
  readOnlyMoved: 1032,
  primaryKeyConstraint: 1555,
  uniqueConstraint: 2067,
} as const;

/** The caller's text does not name the file; the operator's text follows its path. */
type Description = readonly [reason: Reason, code: string, forCaller: string, forOperator: string];

const DESCRIPTIONS: ReadonlyMap<number, Description> = new Map<number, Description>([
  [
    CODES.busy,
    [
      'unavailable',
      'STORE_BUSY',
      'the store is being written by another process',
      'another process kept it locked for too long',
    ],
  ],
  [
    CODES.noMemory,
    ['unavailable', 'STORE_OUT_OF_MEMORY', 'the store is out of memory', 'out of memory'],
  ],
  [
    CODES.readOnly,
    [
      'unavailable',
      'STORE_READ_ONLY',
      'the store cannot be written',
      'the file or its directory can no longer be written',
    ],
  ],
  [
    CODES.inputOutput,
    [
      'unavailable',
      'STORE_IO_ERROR',
      'the disk of the store failed',
      'the disk failed, or a quota or a file size limit was reached',
    ],
  ],
  [
    CODES.corrupt,
    [
      'unavailable',
      'STORE_DAMAGED',
      'the store is damaged',
      'the file is damaged; restore a backup',
    ],
  ],
  [
    CODES.full,
    [
      'exhausted',
      'STORE_FULL',
      'the disk of the store is full',
      'the disk is full; free some space',
    ],
  ],
  [
    CODES.cannotOpen,
    [
      'unavailable',
      'STORE_IO_ERROR',
      'the store cannot open its files',
      'a file beside it cannot be opened',
    ],
  ],
  [
    CODES.notADatabase,
    [
      'unavailable',
      'STORE_DAMAGED',
      'the store is damaged',
      'the file was overwritten; restore a backup',
    ],
  ],
]);

/** SQLite reports this only when it closes a file. */
const MOVED: Description = [
  'unavailable',
  'STORE_FILE_GONE',
  'the file of the store was deleted or replaced',
  'the file was deleted or replaced while it was open',
];

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

/**
 * Turns an error of SQLite into one that a caller may see; its cause, for the log, names the file at
 * `path`. Returns other errors unchanged.
 */
export function toStoreError(error: unknown, path: string): unknown {
  const errcode = errcodeOf(error) ?? 0;
  const described = DESCRIPTIONS.get(errcode & 0xff);
  if (described === undefined) return error;
  const [reason, code, forCaller, forOperator] = described;
  const text = `${path}: ${forOperator} (SQLite error ${errcode})`;
  return new DirectoryError(reason, forCaller, { code, cause: new Error(text, { cause: error }) });
}

/** Turns an error of SQLite while the file is opened into one line for the operator. */
export function toOpenError(error: unknown, path: string): unknown {
  const errcode = errcodeOf(error);
  if (errcode === undefined) return error;
  const [code, text] = OPENING.get(errcode & 0xff) ?? ['CANNOT_OPEN_STORE', String(error)];
  return new DirectoryError('unavailable', `cannot open ${path}: ${text}`, { code, cause: error });
}

/** Turns an error of SQLite while the file beside a store is locked into one line for the operator. */
export function toLockError(error: unknown, path: string): unknown {
  const isMissing = ((errcodeOf(error) ?? 0) & 0xff) === CODES.cannotOpen;
  return toOpenError(isMissing ? { errcode: CODES.readOnly } : error, path);
}

/** Turns an error of SQLite while the file is closed into one line for the operator. */
export function toCloseError(error: unknown, path: string): unknown {
  const errcode = errcodeOf(error) ?? 0;
  const described = errcode === CODES.readOnlyMoved ? MOVED : DESCRIPTIONS.get(errcode & 0xff);
  if (described === undefined) return error;
  const [reason, code, , forOperator] = described;
  const text = `cannot close ${path} properly: ${forOperator}`;
  return new DirectoryError(reason, text, { code, cause: error });
}

/** Whether another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  return ((errcodeOf(error) ?? 0) & 0xff) === CODES.busy;
}

/** Whether the row violates a unique index or a primary key. */
export function isUniqueViolation(error: unknown): boolean {
  const errcode = errcodeOf(error);
  return errcode === CODES.uniqueConstraint || errcode === CODES.primaryKeyConstraint;
}

/**
 * Whether the error may have ended the transaction, and with it all writes in it.
 * https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
 */
export function endsTransaction(error: unknown): boolean {
  const errcode = errcodeOf(error);
  return errcode !== undefined && (errcode & 0xff) !== CODES.constraint;
}
