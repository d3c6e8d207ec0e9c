import { DirectoryError, type Reason } from '../../directory/errors.js';
import { redactedStoreUrl } from '../redacted-url.js';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CODES = {
  uniqueViolation: '23505',
  readOnlyTransaction: '25006',
  serializationFailure: '40001',
  deadlock: '40P01',
  duplicateTable: '42P07',
} as const;

/** How long a caller should wait before a retry when the database cannot be reached. */
const RETRY_DELAY_MS = 1000;

type Description = readonly [reason: Reason, code: string, text: string];

const UNREACHABLE: Description = [
  'unavailable',
  'STORE_UNREACHABLE',
  'the database of the store cannot be reached',
];

/** By SQLSTATE, or by its class. These texts go to callers. */
const DESCRIPTIONS: ReadonlyMap<string, Description> = new Map<string, Description>([
  ['08', UNREACHABLE],
  ['28', UNREACHABLE],
  ['3D', UNREACHABLE],
  ['57', UNREACHABLE],
  ['58', ['unavailable', 'STORE_IO_ERROR', 'the disk of the store failed']],
  ['53', ['unavailable', 'STORE_OVERLOADED', 'the database of the store is overloaded']],
  ['53100', ['exhausted', 'STORE_FULL', 'the disk of the store is full']],
  ['55P03', ['unavailable', 'STORE_BUSY', 'the store is busy']],
  ['57014', ['unavailable', 'STORE_TIMEOUT', 'the database of the store did not respond in time']],
  ['25006', ['unavailable', 'STORE_READ_ONLY', 'the store cannot be written']],
  ['25P03', UNREACHABLE],
  ['40', ['unavailable', 'STORE_BUSY', 'the store is busy']],
  ['XX001', ['unavailable', 'STORE_DAMAGED', 'the store is damaged']],
  ['XX002', ['unavailable', 'STORE_DAMAGED', 'the store is damaged']],
]);

/** Texts of errors that `pg` makes itself, without a code. */
const CONNECTION_TEXTS =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout e|Query read timeout|The server does not support SSL|This socket has been ended|Cannot use a pool)/;

/** The connection broke during COMMIT: the transaction may have been committed. */
export class CommitUnknownError extends Error {
  constructor(cause: unknown) {
    super('the connection was lost during the commit', { cause });
  }
}

/** No server accepts a connection; the errors are those of each host, in turn. */
export class NoConnectionError extends AggregateError {
  constructor(errors: readonly unknown[]) {
    super(errors, 'no server accepts a connection');
  }
}

/** Another transaction changed the same data first: the transaction must be run again. */
export class ConcurrentChangeError extends Error {}

/** By field: errors of Node are not instances of the Error class of a test environment. */
function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : '';
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** Whether the connection is broken, or must not be used again. */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof NoConnectionError) return true;
  const code = codeOf(error);
  if (/^(08|57P)/.test(code) || code === '25P03' || code === CODES.readOnlyTransaction) return true;
  if (/^E[A-Z]{4,}$/.test(code)) return true;
  return CONNECTION_TEXTS.test(messageOf(error));
}

/** Whether the connection was closed, as all pooled ones are when the server restarts. */
export function isConnectionLost(error: unknown): boolean {
  const timedOut = /time(d ?)?out/i.test(messageOf(error));
  return isConnectionError(error) && !timedOut && !(error instanceof NoConnectionError);
}

/** Whether the transaction can succeed if it is run again immediately. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  return (
    error instanceof ConcurrentChangeError ||
    code === CODES.serializationFailure ||
    code === CODES.deadlock ||
    // A concurrent transaction inserted the row after this one had looked for it.
    code === CODES.uniqueViolation
  );
}

/** Turns an error of PostgreSQL into one that a caller may see; returns other errors unchanged. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof DirectoryError) return error;
  if (error instanceof CommitUnknownError) {
    const text = 'the connection was lost during the commit; the write may have been done';
    return unavailable(['unavailable', 'STORE_COMMIT_UNKNOWN', text], error.cause);
  }
  const code = codeOf(error);
  const described =
    DESCRIPTIONS.get(code) ?? (code.length === 5 ? DESCRIPTIONS.get(code.slice(0, 2)) : undefined);
  if (described !== undefined) return unavailable(described, error);
  if (isConnectionError(error)) return unavailable(UNREACHABLE, error);
  if (isTransient(error)) {
    return unavailable(['unavailable', 'STORE_BUSY', 'the store is busy'], error);
  }
  return error;
}

function unavailable([reason, code, text]: Description, cause: unknown): DirectoryError {
  return new DirectoryError(reason, text, { code, cause, retryDelayMs: RETRY_DELAY_MS });
}

/** Turns an error while a store is opened into one line for the operator, without a password. */
export function toOpenError(error: unknown, url: string): unknown {
  if (error instanceof DirectoryError) return error;
  const code = codeOf(error);
  const known = isConnectionError(error) || code !== '';
  if (!known) return error;
  const problem =
    code === CODES.duplicateTable
      ? 'it has tables of another program with the same names; name another database or schema'
      : textOf(error);
  return new DirectoryError('unavailable', `cannot open ${redactedStoreUrl(url)}: ${problem}`, {
    code: 'CANNOT_OPEN_STORE',
    cause: error,
  });
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(textOf))].join('; ');
  return (messageOf(error) || codeOf(error)).replaceAll(/\s+/g, ' ');
}
