import { status, type Metadata } from '@grpc/grpc-js';
import { adviceFor } from './advice.js';
import {
  errorDetailsOf,
  NO_DETAILS,
  type ErrorInfoFields,
  type FieldViolation,
} from './error-details.js';
import type { ErrorReason } from './error-reason.js';
import { lastCause } from './grpc-js-texts.js';
import { toPlain, type ReceivedMetadata } from './metadata.js';

/** The name of a gRPC status code. */
export type CodeName = Exclude<keyof typeof status, 'OK'>;

/** The parts of an RpcError. */
export interface RpcErrorInit {
  readonly code: number;
  /** The status text. */
  readonly details: string;
  /** The full method name. */
  readonly method: string;
  readonly trailer?: Metadata | undefined;
  readonly cause?: unknown;
  /** The request id that was sent, for servers that do not return one. */
  readonly requestId?: string | undefined;
}

/** Recognizes the errors of other copies of this package. */
const BRAND = Symbol.for('personguide.RpcError');

/** A call that failed, whether the server refused it or it never reached the server. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  /** The gRPC status code: 5 for NOT_FOUND. */
  readonly code: number;
  /** The name of the code: `NOT_FOUND`. */
  readonly codeName: CodeName;
  /** The original status text. `message` adds the method, the code, and what to do. */
  readonly details: string;
  /**
   * The server's reason for programs, such as `EMAIL_TAKEN`. Other servers have other reasons, and
   * errors that do not come from a handler have none.
   */
  readonly reason: ErrorReason | (string & {}) | undefined;
  /** What the reason comes with, such as the current `etag` with `ETAG_MISMATCH`; often empty. */
  readonly info: ErrorInfoFields;
  /** All invalid fields of the request; empty if the error is not about fields. */
  readonly violations: readonly FieldViolation[];
  /** How long the server asks to wait before a retry. */
  readonly retryDelayMs: number | undefined;
  /** The trailer that came with the status. */
  readonly metadata: ReceivedMetadata;
  /** The full method name: `/personguide.PersonGuide/GetPhone`. */
  readonly method: string;
  /** The id of the call in the log of the server. */
  readonly requestId: string | undefined;

  constructor({ code, details, method, trailer, cause, requestId }: RpcErrorInit) {
    const codeName = nameOf(code);
    super(
      messageOf(method, codeName, details, trailer),
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.codeName = codeName;
    this.details = details;
    this.method = method;
    this.metadata = trailer ? toPlain(trailer) : {};
    const { reason, info, violations, retryDelayMs } = trailer
      ? errorDetailsOf(trailer)
      : NO_DETAILS;
    this.reason = reason;
    this.info = info;
    this.violations = violations;
    this.retryDelayMs = retryDelayMs;
    this.requestId = this.metadata['x-request-id']?.[0]?.toString() ?? requestId;
  }

  /** For JSON.stringify(): everything but the stack, the cause and the metadata. */
  toJSON(): object {
    const { name, message, code, codeName, details, reason } = this;
    const info = Object.keys(this.info).length > 0 ? this.info : undefined;
    const { violations, retryDelayMs, method, requestId } = this;
    return {
      ...{ name, message, code, codeName, details, reason, info },
      ...{ violations, retryDelayMs, method, requestId },
    };
  }

  /** True for RpcErrors of any copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass inherits this method, and an RpcError is not an instance of the subclass.
    if (this !== RpcError) return super[Symbol.hasInstance](value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

Object.defineProperty(RpcError.prototype, BRAND, { value: true });

/** The name of a gRPC status code. */
export function codeNameOf(code: number): CodeName | 'OK' {
  return code === 0 ? 'OK' : nameOf(code);
}

function nameOf(code: number): CodeName {
  return (status[code] as CodeName | undefined) ?? 'UNKNOWN';
}

function messageOf(
  method: string,
  codeName: CodeName,
  details: string,
  trailer?: Metadata,
): string {
  // A status with a trailer comes from the server, which knows better than this machine.
  const isLocal = trailer === undefined || Object.keys(trailer.getMap()).length === 0;
  const advice = isLocal && codeName === 'UNAVAILABLE' ? adviceFor(details) : undefined;
  const name = method.slice(method.lastIndexOf('/') + 1);
  return `${name} ${codeName}: ${lastCause(details)}${advice === undefined ? '' : ` (${advice})`}`;
}
