import { Metadata, status } from '@grpc/grpc-js';
import Long from 'long';
import type { Reason, Violation } from '../directory/errors.js';
import { Any } from '../../gen/google/protobuf/any.js';
import { BadRequest, ErrorInfo, RetryInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';

const codeOfReason: Readonly<Record<Reason, status>> = {
  'not-found': status.NOT_FOUND,
  'already-exists': status.ALREADY_EXISTS,
  invalid: status.INVALID_ARGUMENT,
  conflict: status.FAILED_PRECONDITION,
  exhausted: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
};

// Clients refuse trailers beyond 8 KB: the text travels percent-encoded, the details as base64.
const maxEncodedTextLength = 1024;
const maxDetailsBytes = 3584;
const maxViolations = 20;
const maxFieldLength = 100;
const maxDescriptionLength = 300;

/** An error that the caller may see, whoever threw it: DirectoryError is one. */
export interface SpokenError extends Error {
  readonly reason: Reason;
  readonly code?: string;
  readonly violations?: readonly Violation[];
  readonly retryDelayMs?: number | undefined;
}

/** How a call ends: what grpc-js sends. */
export interface CallStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Whether an error was meant for the caller, by its shape. */
export function isSpoken(error: unknown): error is SpokenError {
  if (!(error instanceof Error) || !('reason' in error)) return false;
  return typeof error.reason === 'string' && Object.hasOwn(codeOfReason, error.reason);
}

/** What of a thrown error a log should have: all of an unknown one, the rest for its cause only. */
export function errorForLog(error: unknown): unknown {
  return isSpoken(error) && error.cause === undefined ? undefined : error;
}

/**
 * The status for whatever a handler threw. A spoken error keeps its text, and its reason, fields and
 * delay go into `grpc-status-details-bin`; all are cut to what fits into the trailers of common
 * clients. Anything else is INTERNAL with a text that says nothing but the request id. The trailer
 * `x-request-id` is always there. Never throws.
 */
export function statusOf(error: unknown, requestId: string): CallStatus {
  if (isSpoken(error)) return spokenStatus(error, requestId);
  return plainStatus(
    status.INTERNAL,
    `internal error; the server's log has it under request id ${requestId}`,
    requestId,
  );
}

/** A status with a text and the request id, and nothing else. */
export function plainStatus(code: status, details: string, requestId: string): CallStatus {
  const metadata = new Metadata();
  metadata.set('x-request-id', requestId);
  return { code, details: statusText(details), metadata };
}

function spokenStatus(error: SpokenError, requestId: string): CallStatus {
  const plain = plainStatus(codeOfReason[error.reason], error.message, requestId);
  plain.metadata.set('grpc-status-details-bin', detailsOf(error, plain));
  return plain;
}

function detailsOf(error: SpokenError, { code, details }: CallStatus): Buffer {
  const shown = (error.violations ?? []).slice(0, maxViolations);
  for (;;) {
    const all = [badRequest(shown), errorInfo(error), retryInfo(error.retryDelayMs)].flat();
    const bytes = Status.encode({ code, message: details, details: all }).finish();
    if (bytes.length <= maxDetailsBytes || shown.length === 0) return Buffer.from(bytes);
    shown.pop();
  }
}

function badRequest(violations: readonly Violation[]): Any[] {
  if (violations.length === 0) return [];
  const fieldViolations = violations.map(({ field, description }) => ({
    field: shortText(field, maxFieldLength),
    description: shortText(description, maxDescriptionLength),
  }));
  return [any('BadRequest', BadRequest.encode({ fieldViolations }).finish())];
}

function errorInfo({ code, reason }: SpokenError): Any[] {
  const name = shortText(code ?? reason.toUpperCase().replaceAll('-', '_'), maxFieldLength);
  const info = { reason: name, domain: 'personguide', metadata: {} };
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
  let short = shortText(text, maxEncodedTextLength);
  while (encodeURI(short).length > maxEncodedTextLength) {
    short = shortText(short, Math.floor(short.length * 0.8));
  }
  return short;
}

/** Well-formed, because half a surrogate pair in a status ends the process inside grpc-js. */
function shortText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return cut.toWellFormed();
}
