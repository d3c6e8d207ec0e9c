/** Why the directory rejected a request or failed; `rpc/status.ts` maps each to a gRPC status. */
export type Reason =
  | 'not-found'
  | 'already-exists'
  | 'invalid'
  | 'conflict'
  | 'aborted'
  | 'expired'
  | 'exhausted'
  | 'unavailable'
  | 'unauthenticated'
  | 'permission-denied';

/** One invalid field of a request. */
export interface Violation {
  /** The path of the field as the proto spells it, such as `people[3].email`. */
  readonly field: string;
  /** What is wrong with it, as a sentence part: `must not be empty`. */
  readonly description: string;
}

/** The parts of an error that programs and logs read. */
export interface ErrorDetails {
  /** An UPPER_SNAKE_CASE reason for google.rpc.ErrorInfo. Default: the reason, upper-cased. */
  readonly code?: string;
  /** All invalid fields. */
  readonly violations?: readonly Violation[];
  /** How long the caller should wait before it retries, in milliseconds. */
  readonly retryDelayMs?: number;
  /** Further information for programs, sent as `metadata` of google.rpc.ErrorInfo. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The underlying error, for logs. Never sent to the caller. */
  readonly cause?: unknown;
}

/** An error that the caller may see: its message, code and violations are sent unchanged. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly reason: Reason;
  readonly code: string;
  readonly violations: readonly Violation[];
  readonly retryDelayMs: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.reason = reason;
    this.code = details.code ?? reason.toUpperCase().replaceAll('-', '_');
    this.violations = details.violations ?? [];
    this.retryDelayMs = details.retryDelayMs;
    this.metadata = details.metadata ?? {};
  }
}

/** The request has invalid fields. Pass at least one violation. */
export function invalid(violations: readonly Violation[]): DirectoryError {
  const text = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  return new DirectoryError('invalid', text, { code: 'INVALID_FIELDS', violations });
}

/** No person has what a request looks them up by. */
export function personNotFound(by = 'id or email'): DirectoryError {
  return new DirectoryError('not-found', `no person has that ${by}`, {
    code: 'PERSON_NOT_FOUND',
  });
}

/** The id of a new person belongs to another one, who may be deleted. */
export function personExists(): DirectoryError {
  return new DirectoryError('already-exists', 'another person has this id', {
    code: 'PERSON_EXISTS',
  });
}

/** A person who is to be brought back is not deleted. */
export function personNotDeleted(): DirectoryError {
  return new DirectoryError('already-exists', 'the person is not deleted', {
    code: 'PERSON_NOT_DELETED',
  });
}

/** The external id of a person belongs to another one. */
export function externalIdTaken(): DirectoryError {
  return new DirectoryError('already-exists', 'another person has this external_id', {
    code: 'EXTERNAL_ID_TAKEN',
  });
}

/** The etag of a request is not the current one, which is `etag`. */
export function etagMismatch(what: 'person' | 'user', etag: string): DirectoryError {
  return new DirectoryError(
    'aborted',
    `the ${what} has changed since it was read; read it again and repeat the change`,
    { code: 'ETAG_MISMATCH', metadata: { etag } },
  );
}

/** Deletions after the start of a watch are no longer known. */
export function syncTokenExpired(): DirectoryError {
  return new DirectoryError('expired', 'the sync_token is too old; take a new snapshot', {
    code: 'SYNC_TOKEN_EXPIRED',
  });
}

/** The server is about to stop; another one, or the same one later, goes on. */
export function serverStopping(): DirectoryError {
  return new DirectoryError('unavailable', 'the server is stopping', { code: 'SERVER_STOPPING' });
}

/** Another call has moved an import on. */
export function importConflict(): DirectoryError {
  return new DirectoryError('aborted', 'another call is importing with this import_id', {
    code: 'IMPORT_CONFLICT',
  });
}

/** No user has the id or email of a FindUser request. */
export function userNotFound(): DirectoryError {
  return new DirectoryError('not-found', 'no user has that id or email', {
    code: 'USER_NOT_FOUND',
  });
}

/** The email of a new user belongs to another one. */
export function emailTaken(): DirectoryError {
  return new DirectoryError('already-exists', 'another user has this email', {
    code: 'EMAIL_TAKEN',
  });
}

/** There are not as many free ids in a row as a write needs. */
export function noPersonIdLeft(): DirectoryError {
  return new DirectoryError(
    'exhausted',
    'not enough free ids in a row are left; record fewer people in a call, or name free ids',
    { code: 'NO_ID_LEFT' },
  );
}

/** The largest id is in use, so no user can be added. */
export function noUserIdLeft(): DirectoryError {
  return new DirectoryError('exhausted', 'no user id is left', { code: 'NO_ID_LEFT' });
}

/** The idempotency key belongs to a request with another content. */
export function idempotencyKeyReused(): DirectoryError {
  return new DirectoryError('conflict', 'the idempotency key was used for another request', {
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
}

/** A recording exceeds one of its limits. */
export function recordingTooLarge(maxPeople: number, maxMebibytes: number): DirectoryError {
  return new DirectoryError(
    'exhausted',
    `one call records at most ${maxPeople} people and ${maxMebibytes} MiB; ` +
      'record the rest in another call',
    { code: 'RECORDING_TOO_LARGE' },
  );
}

/** A response would exceed the size that default gRPC clients accept. */
export function responseTooLarge(maxMebibytes: number): DirectoryError {
  return new DirectoryError(
    'exhausted',
    `the response would be larger than ${maxMebibytes} MiB; narrow the request`,
    { code: 'RESPONSE_TOO_LARGE' },
  );
}

/** The store into which another one is copied has people or users. */
export function storeNotEmpty(): DirectoryError {
  return new DirectoryError('conflict', 'the store already has people or users', {
    code: 'STORE_NOT_EMPTY',
  });
}

/** A write was made while the whole content of a store is being written. */
export function storeImporting(): DirectoryError {
  return new DirectoryError('unavailable', 'the content of another store is being copied here', {
    code: 'STORE_BUSY',
  });
}

/** A method of a store was called after `close`. */
export function storeClosed(): DirectoryError {
  return new DirectoryError('unavailable', 'the store is closed', { code: 'STORE_CLOSED' });
}

/** What writes to the file of a store has failed for a reason of its own. */
export function storeWriterEnded(path: string, cause: unknown): DirectoryError {
  const text = `the thread that writes ${path} has ended: ${String(cause)}; restart the server`;
  return new DirectoryError(
    'unavailable',
    'the store cannot be written until the server restarts',
    {
      code: 'STORE_WRITER_ENDED',
      cause: new Error(text, { cause }),
    },
  );
}

/** A program on another machine asked for a backup. */
export function backupNotLocal(): DirectoryError {
  return new DirectoryError(
    'conflict',
    'only programs on the machine of the server may make a backup',
    {
      code: 'BACKUP_NOT_LOCAL',
    },
  );
}

/** A program on another machine asked for the keys of a server without access control. */
export function keysNotLocal(): DirectoryError {
  return new DirectoryError(
    'conflict',
    'without access control, only programs on the machine of the server may manage keys',
    { code: 'KEYS_NOT_LOCAL' },
  );
}

/** A valid key has the name that a new one should get. */
export function keyNameTaken(): DirectoryError {
  return new DirectoryError(
    'already-exists',
    'another key has this name; revoke that, or choose another name',
    {
      code: 'KEY_NAME_TAKEN',
    },
  );
}

/** No key that was not revoked has the name or id. */
export function keyNotFound(): DirectoryError {
  return new DirectoryError('not-found', 'no valid key has that name or id', {
    code: 'KEY_NOT_FOUND',
  });
}

/** The store is not one that can copy itself. */
export function backupUnsupported(): DirectoryError {
  return new DirectoryError(
    'conflict',
    'only a SQLite file can be backed up by its server; use the tools of the database, such as ' +
      'pg_dump for PostgreSQL',
    { code: 'BACKUP_UNSUPPORTED' },
  );
}

/** A store makes one backup at a time. */
export function backupRunning(): DirectoryError {
  return new DirectoryError('conflict', 'another backup is being made', { code: 'BACKUP_RUNNING' });
}

/** More was written during a backup than the store may postpone. */
export function backupTooSlow(maxMebibytes: number): DirectoryError {
  return new DirectoryError(
    'exhausted',
    `more than ${maxMebibytes} MiB were written before the backup was complete; ` +
      'write it to a faster disk, or when there are fewer writes',
    { code: 'BACKUP_TOO_SLOW' },
  );
}
