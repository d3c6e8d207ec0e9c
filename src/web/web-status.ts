import { fromBinary, type Registry } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { Status } from '../../gen/google/rpc/status.js';
import { Code, type CallStatus } from '../rpc/index.js';

const DETAILS = 'grpc-status-details-bin';
const CODES = new Map<number, Code>(
  Object.values(Code).flatMap((code) => (typeof code === 'number' ? [[code, code]] : [])),
);

/** The gRPC code with the number of one of Connect; the numbers are the same. */
export function codeOf({ code }: ConnectError): Code {
  return CODES.get(code) ?? Code.UNKNOWN;
}

/**
 * The error that a status of a failed call is to the library, with its details; those whose types
 * the registry has are readable in JSON.
 */
export function errorOf({ code, details, trailers }: CallStatus, registry: Registry): ConnectError {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(trailers)) {
    // The request id is among the headers of every response.
    if (typeof value === 'string' && name !== 'x-request-id') metadata[name] = value;
  }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the same numbers
  const error = new ConnectError(details, code as number, metadata);
  const encoded = trailers[DETAILS];
  if (encoded instanceof Buffer) error.details = detailsOf(encoded, registry);
  return error;
}

function detailsOf(encoded: Buffer, registry: Registry): ConnectError['details'] {
  return Status.decode(encoded).details.map(({ typeUrl, value }) => {
    const type = typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
    const desc = registry.getMessage(type);
    return desc === undefined ? { type, value } : { desc, value: fromBinary(desc, value) };
  });
}
