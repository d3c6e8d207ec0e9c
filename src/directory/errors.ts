/** Why the directory refused or failed; `rpc/status.ts` turns each into a gRPC status. */
export type Reason =
  'not-found' | 'already-exists' | 'invalid' | 'conflict' | 'exhausted' | 'unavailable';

/** One refused field of a request. */
export interface Violation {
  /** The path of the field as the proto spells it, such as `people[3].email`. */
  readonly field: string;
  /** What is wrong with it, as a sentence part: `must not be empty`. */
  readonly description: string;
}

/** More about an error, for programs. */
export interface ErrorDetails {
  /** An UPPER_SNAKE_CASE reason for google.rpc.ErrorInfo. Default: the reason, upper-cased. */
  readonly code?: string;
  /** The refused fields, all at once. */
  readonly violations?: readonly Violation[];
  /** How long the caller should wait before another try, in milliseconds. */
  readonly retryDelayMs?: number;
  /** What a log may want to know; never sent to the caller. */
  readonly cause?: unknown;
}

/** An error that the caller may see: its message, reason and violations are sent as they are. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly reason: Reason;
  readonly code: string;
  readonly violations: readonly Violation[];
  readonly retryDelayMs: number | undefined;

  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.reason = reason;
    this.code = details.code ?? reason.toUpperCase().replaceAll('-', '_');
    this.violations = details.violations ?? [];
    this.retryDelayMs = details.retryDelayMs;
  }
}

/** The error for refused fields; throw it only with at least one violation. */
export function invalid(violations: readonly Violation[]): DirectoryError {
  const text = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  return new DirectoryError('invalid', text, { code: 'INVALID_FIELDS', violations });
}
