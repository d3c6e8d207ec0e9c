import { status, type Metadata } from '@grpc/grpc-js';
import { adviceFor } from './advice.js';
import { errorDetailsOf, type FieldViolation } from './error-details.js';
import { toPlain, type ReceivedMetadata } from './metadata.js';

/** The name of a gRPC status code. */
export type CodeName = Exclude<keyof typeof status, 'OK'>;

/** What an RpcError is made of. */
export interface RpcErrorInit {
  readonly code: number;
  /** The status text. */
  readonly details: string;
  /** The full method name. */
  readonly method: string;
  readonly trailer?: Metadata | undefined;
  readonly cause?: unknown;
  /** The request id that was sent, for servers that send none back. */
  readonly requestId?: string | undefined;
}

/** Recognizes the errors of other copies of this package. */
const BRAND = Symbol.for('personguide.RpcError');

/** A call that failed, whether the server refused it or never saw it. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  /** The gRPC status code: 5 for NOT_FOUND. */
  readonly code: number;
  /** The name of the code: `NOT_FOUND`. */
  readonly codeName: CodeName;
  /** The status text as it was sent. `message` adds the method, the code, and what to do. */
  readonly details: string;
  /** The server's reason for programs, such as `EMAIL_TAKEN`. */
  readonly reason: string | undefined;
  /** The refused fields, all at once; empty if no field was refused. */
  readonly violations: readonly FieldViolation[];
  /** How long the server asks to wait before another try. */
  readonly retryDelayMs: number | undefined;
  /** The trailer that came with the status. */
  readonly metadata: ReceivedMetadata;
  /** The full method name: `/personguide.PersonGuide/GetPhone`. */
  readonly method: string;
  /** The server's name for the call, for finding it in its log. */
  readonly requestId: string | undefined;

  constructor({ code, details, method, trailer, cause, requestId }: RpcErrorInit) {
    const codeName = nameOf(code);
    super(textOf(method, codeName, details), cause === undefined ? undefined : { cause });
    this.code = code;
    this.codeName = codeName;
    this.details = details;
    this.method = method;
    this.metadata = trailer ? toPlain(trailer) : {};
    const { reason, violations, retryDelayMs } = trailer ? errorDetailsOf(trailer) : NO_DETAILS;
    this.reason = reason;
    this.violations = violations;
    this.retryDelayMs = retryDelayMs;
    this.requestId = this.metadata['x-request-id']?.[0]?.toString() ?? requestId;
  }

  /** True for RpcErrors of any copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A class that extends this one inherits the test, and must not take every RpcError for its own.
    if (this !== RpcError) return super[Symbol.hasInstance](value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

Object.defineProperty(RpcError.prototype, BRAND, { value: true });

const NO_DETAILS = { reason: undefined, violations: [], retryDelayMs: undefined };

function nameOf(code: number): CodeName {
  return (status[code] as CodeName | undefined) ?? 'UNKNOWN';
}

/** What went wrong last, out of the layers of text that grpc-js puts around it. */
function lastCause(details: string): string {
  const [last = ''] = details.split('Last error: ').slice(-1);
  return last.replace(/^Error: /, '').replace(/\.? *Resolution note: *$/, '');
}

function textOf(method: string, codeName: CodeName, details: string): string {
  const advice = codeName === 'UNAVAILABLE' ? adviceFor(details) : undefined;
  const name = method.slice(method.lastIndexOf('/') + 1);
  return `${name} ${codeName}: ${lastCause(details)}${advice === undefined ? '' : ` (${advice})`}`;
}
