import { Metadata } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';

/** The trailer of an error that has a reason or an invalid field, as a server sends it. */
export function errorTrailer({ reason, field }: { reason?: string; field?: string }): Metadata {
  const fieldViolations = [{ field: field ?? '', description: 'is invalid' }];
  const details = [
    ...(reason === undefined
      ? []
      : [any('ErrorInfo', ErrorInfo.encode(ErrorInfo.fromPartial({ reason })).finish())]),
    ...(field === undefined
      ? []
      : [
          any(
            'BadRequest',
            BadRequest.encode(BadRequest.fromPartial({ fieldViolations })).finish(),
          ),
        ]),
  ];
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
