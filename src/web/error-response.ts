import type { Registry } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { createAsyncIterable, type UniversalServerResponse } from '@connectrpc/connect/protocol';
import { codeToHttpStatus, errorToJsonBytes } from '@connectrpc/connect/protocol-connect';

/** The response to a call that has failed before its first response, as Connect has it. */
export function errorResponse(error: ConnectError, registry: Registry): UniversalServerResponse {
  const body = errorToJsonBytes(error, { registry });
  const header = new Headers(error.metadata);
  header.set('content-type', 'application/json');
  header.set('content-length', body.length.toString());
  return { status: codeToHttpStatus(error.code), header, body: createAsyncIterable([body]) };
}
