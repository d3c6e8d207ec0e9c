import Long from 'long';
import type { Reason, Violation } from '../directory/errors.js';
import { Any } from '../../gen/google/protobuf/any.js';
import { BadRequest, ErrorInfo, RetryInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';
import type { CallOutcome, CallStatus } from './call.js';
import { Code } from './code.js';

const CODE_OF_REASON: Readonly<Record<Reason, Code>> = {
  'not-found': Code.NOT_FOUND,
  'already-exists': Code.ALREADY_EXISTS,
  invalid: Code.INVALID_ARGUMENT,
  conflict: Code.FAILED_PRECONDITION,
  aborted: Code.ABORTED,
  expired: Code.OUT_OF_RANGE,
  exhausted: Code.RESOURCE_EXHAUSTED,
  unavailable: Code.UNAVAILABLE,
  unauthenticated: Code.UNAUTHENTICATED,
  'permission-denied': Code.PERMISSION_DENIED,
};

// Clients reject trailers beyond 8 KB. The text is sent percent-encoded, the details as base64.
const MAX_ENCODED_TEXT_LENGTH = 1024;
const MAX_DETAILS_BYTES = 3584;
const MAX_VIOLATIONS = 20;
const MAX_FIELD_LENGTH = 100;
const MAX_DESCRIPTION_LENGTH = 300;

/** An error that the caller may see. DirectoryError is one; any error of this shape is another. */
export interface PublicError extends Error {
  readonly reason: Reason;
  /** An UPPER_SNAKE_CASE reason for google.rpc.ErrorInfo. Default: `reason` in upper case. */
  readonly code?: string;
  readonly violations?: readonly Violation[];
  readonly retryDelayMs?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The call that a status is for. */
export interface StatusContext {
  readonly requestId: string;
  /** The `domain` of ErrorInfo: the service or product whose reasons these are. */
  readonly errorDomain: string;
}

/** Whether callers may see an error, judged by its shape. */
export function isPublicError(error: unknown): error is PublicError {
  if (!(error instanceof Error) || !('reason' in error)) return false;
  return typeof error.reason === 'string' && Object.hasOwn(CODE_OF_REASON, error.reason);
}

/** What the server's log should contain of a thrown error: nothing if the caller sees all of it. */
export function errorForLog(error: unknown): unknown {
  return isPublicError(error) && error.cause === undefined ? undefined : error;
}

/**
 * The status for whatever a handler threw. The text of a PublicError is sent, and its reason, fields
 * and delay go into `grpc-status-details-bin`; all are cut to what fits into the trailers of common
 * clients. Anything else is INTERNAL with a text that contains only the request id. The trailer
 * `x-request-id` is always included. Never throws.
 */
export function statusOf(error: unknown, context: StatusContext): CallStatus {
  if (isPublicError(error)) return publicStatus(error, context);
  const details = `internal error; the server's log has it under request id ${context.requestId}`;
  return plainStatus(Code.INTERNAL, details, context.requestId);
}

/** A status with a text and the request id, and nothing else. */
export function plainStatus(code: Code, details: string, requestId: string): CallStatus {
  return { code, details: statusText(details), trailers: { 'x-request-id': requestId } };
}

/** Names of trailers, and values of those that are not binary, as HTTP/2 and gRPC allow them. */
const TRAILER_NAME = /^[0-9a-z_.-]+$/;
const TRAILER_TEXT = /^[\x20-\x7e]*$/;

/** HTTP/2 has no such headers; Node throws when it is to send one. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  ...['connection', 'http2-settings', 'keep-alive', 'proxy-connection', 'te'],
  ...['transfer-encoding', 'upgrade'],
]);

/**
 * A status that code of the user has made, as it can be sent: INTERNAL instead, with an error for
 * the log, if one of its trailers cannot be.
 */
export function sendableStatus(status: CallStatus, context: StatusContext): CallOutcome {
  const trailers = Object.entries(status.trailers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const invalid = trailers.find((trailer) => !isSendable(...trailer));
  if (invalid === undefined) {
    const { code, details } = status;
    return { code, details: statusText(details), trailers: Object.fromEntries(trailers) };
  }
  const error = new Error(`the trailer "${invalid[0]}" cannot be sent`);
  return { ...statusOf(error, context), error };
}

function isSendable(name: string, value: string | Buffer): boolean {
  if (!TRAILER_NAME.test(name) || CONNECTION_HEADERS.has(name)) return false;
  if (typeof value !== 'string') return name.endsWith('-bin');
  return !name.endsWith('-bin') && TRAILER_TEXT.test(value);
}

function publicStatus(error: PublicError, { requestId, errorDomain }: StatusContext): CallStatus {
  const plain = plainStatus(CODE_OF_REASON[error.reason], error.message, requestId);
  const details = detailsOf(error, plain, errorDomain);
  return { ...plain, trailers: { ...plain.trailers, 'grpc-status-details-bin': details } };
}

function detailsOf(error: PublicError, { code, details }: CallStatus, domain: string): Buffer {
  const shown = (error.violations ?? []).slice(0, MAX_VIOLATIONS);
  for (;;) {
    const all = [badRequest(shown), errorInfo(error, domain), retryInfo(error.retryDelayMs)].flat();
    const bytes = Status.encode({ code, message: details, details: all }).finish();
    if (bytes.length <= MAX_DETAILS_BYTES || shown.length === 0) return Buffer.from(bytes);
    shown.pop();
  }
}

function badRequest(violations: readonly Violation[]): Any[] {
  if (violations.length === 0) return [];
  const fieldViolations = violations.map(({ field, description }) => ({
    field: shortText(field, MAX_FIELD_LENGTH),
    description: shortText(description, MAX_DESCRIPTION_LENGTH),
  }));
  return [any('BadRequest', BadRequest.encode({ fieldViolations }).finish())];
}

function errorInfo({ code, reason, metadata = {} }: PublicError, domain: string): Any[] {
  const name = shortText(code ?? reason.toUpperCase().replaceAll('-', '_'), MAX_FIELD_LENGTH);
  const info = { reason: name, domain, metadata: { ...metadata } };
  return [any('ErrorInfo', ErrorInfo.encode(info).finish())];
}

function retryInfo(delayMs: number | undefined): Any[] {
  if (delayMs === undefined || !(delayMs >= 0 && delayMs < Infinity)) return [];
  const seconds = Long.fromNumber(Math.floor(delayMs / 1000));
  const nanos = Math.floor((delayMs % 1000) * 1e6);
  return [any('RetryInfo', RetryInfo.encode({ retryDelay: { seconds, nanos } }).finish())];
}

function any(type: string, value: Uint8Array): Any {
  return { typeUrl: `type.googleapis.com/google.rpc.${type}`, value: Buffer.from(value) };
}

function statusText(text: string): string {
  let short = shortText(text, MAX_ENCODED_TEXT_LENGTH);
  while (encodeURI(short).length > MAX_ENCODED_TEXT_LENGTH) {
    short = shortText(short, Math.floor(short.length * 0.8));
  }
  return short;
}

/** Well-formed, because grpc-js passes the text to encodeURI, which throws at a lone surrogate. */
function shortText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return cut.toWellFormed();
}
