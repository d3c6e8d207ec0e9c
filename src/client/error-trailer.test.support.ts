import { Metadata } from '@grpc/grpc-js';
import Long from 'long';
import { BadRequest, ErrorInfo, RetryInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';

/** What a server reports about an error besides its code. */
export interface Reported {
  readonly reason?: string;
  /** A field that is invalid. */
  readonly field?: string;
  readonly retryDelaySeconds?: number;
}

/** The trailer of an error, as a server sends it. */
export function errorTrailer({ reason, field, retryDelaySeconds }: Reported): Metadata {
  const details = [];
  if (reason !== undefined) {
    details.push(any('ErrorInfo', ErrorInfo.encode(ErrorInfo.fromPartial({ reason })).finish()));
  }
  if (field !== undefined) {
    const fieldViolations = [{ field, description: 'is invalid' }];
    details.push(any('BadRequest', BadRequest.encode({ fieldViolations }).finish()));
  }
  if (retryDelaySeconds !== undefined) {
    const retryDelay = { seconds: Long.fromNumber(retryDelaySeconds), nanos: 0 };
    details.push(any('RetryInfo', RetryInfo.encode({ retryDelay }).finish()));
  }
  const trailer = new Metadata();
  if (details.length > 0) {
    const bytes = Status.encode({ code: 0, message: '', details }).finish();
    trailer.set('grpc-status-details-bin', Buffer.from(bytes));
  }
  return trailer;
}

function any(type: string, value: Uint8Array): { typeUrl: string; value: Buffer } {
  return { typeUrl: `type.googleapis.com/google.rpc.${type}`, value: Buffer.from(value) };
}
