import type { Metadata } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';
import type { Duration } from '../../gen/google/protobuf/duration.js';

/** One invalid field of a request. */
export interface FieldViolation {
  /** The path of the field as the proto spells it, such as `people[3].email`. */
  readonly field: string;
  /** What is wrong with it. */
  readonly description: string;
}

/** What a reason comes with, by name. */
export interface ErrorInfoFields {
  /** The current etag, with the reason `ETAG_MISMATCH`. */
  readonly etag?: string;
  readonly [name: string]: string | undefined;
}

/** What a server reports about an error besides its code and text. */
export interface ErrorDetails {
  readonly reason: string | undefined;
  readonly info: ErrorInfoFields;
  readonly violations: readonly FieldViolation[];
  readonly retryDelayMs: number | undefined;
}

export const NO_DETAILS: ErrorDetails = {
  reason: undefined,
  info: {},
  violations: [],
  retryDelayMs: undefined,
};

/** Reads `grpc-status-details-bin`. Details that cannot be decoded are ignored. */
export function errorDetailsOf(trailer: Metadata): ErrorDetails {
  const [bytes] = trailer.get('grpc-status-details-bin');
  if (!(bytes instanceof Uint8Array)) return NO_DETAILS;
  try {
    return read(Status.decode(bytes));
  } catch {
    return NO_DETAILS;
  }
}

function read(status: Status): ErrorDetails {
  const details = { ...NO_DETAILS };
  for (const { typeUrl, value } of status.details) {
    const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
    if (name === 'google.rpc.ErrorInfo') {
      ({ reason: details.reason, metadata: details.info } = ErrorInfo.decode(value));
    }
    if (name === 'google.rpc.BadRequest') {
      details.violations = BadRequest.decode(value).fieldViolations;
    }
    if (name === 'google.rpc.RetryInfo') {
      details.retryDelayMs = milliseconds(RetryInfo.decode(value).retryDelay);
    }
  }
  return details;
}

function milliseconds(duration: Duration | undefined): number | undefined {
  return duration && duration.seconds.toNumber() * 1000 + duration.nanos / 1_000_000;
}
