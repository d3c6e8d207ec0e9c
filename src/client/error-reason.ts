/**
 * Every reason of an error that a server of this package returns, in `google.rpc.ErrorInfo`. The
 * client's README says what each means and what to do about it.
 */
export const ERROR_REASONS = [
  'BACKUP_NOT_LOCAL',
  'BACKUP_RUNNING',
  'BACKUP_TOO_SLOW',
  'BACKUP_UNSUPPORTED',
  'EMAIL_TAKEN',
  'ETAG_MISMATCH',
  'EXTERNAL_ID_TAKEN',
  'IDEMPOTENCY_KEY_REUSED',
  'IMPORT_CONFLICT',
  'INVALID_FIELDS',
  'KEYS_NOT_LOCAL',
  'KEY_NAME_TAKEN',
  'KEY_NOT_FOUND',
  'NO_ID_LEFT',
  'PERSON_EXISTS',
  'PERSON_NOT_DELETED',
  'PERSON_NOT_FOUND',
  'RECORDING_TOO_LARGE',
  'RESPONSE_TOO_LARGE',
  'SERVICE_UNKNOWN',
  'STORE_BUSY',
  'STORE_CLOSED',
  'STORE_COMMIT_UNKNOWN',
  'STORE_DAMAGED',
  'STORE_FILE_GONE',
  'STORE_FULL',
  'STORE_IO_ERROR',
  'STORE_OUT_OF_MEMORY',
  'STORE_OVERLOADED',
  'STORE_READ_ONLY',
  'STORE_TIMEOUT',
  'STORE_UNREACHABLE',
  'SYNC_TOKEN_EXPIRED',
  'UNDECODABLE_MESSAGE',
  'USER_NOT_FOUND',
] as const;

/** A reason of a server of this package, such as `EMAIL_TAKEN`. */
export type ErrorReason = (typeof ERROR_REASONS)[number];
