import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import type { CallStatus } from '../call.js';
import type { Headers } from '../headers.js';

/** Headers of the protocol itself, which handlers do not see. */
const OF_THE_PROTOCOL: ReadonlySet<string> = new Set([
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
  'accept-encoding',
  'te',
  'content-type',
]);

/** What a handler sees of the headers of a request. */
export function toHeaders(incoming: IncomingHttpHeaders): Headers {
  const headers: Record<string, readonly (string | Buffer)[]> = {};
  for (const name in incoming) {
    const value = incoming[name];
    if (value === undefined || name.startsWith(':') || OF_THE_PROTOCOL.has(name)) continue;
    if (name.endsWith('-bin')) headers[name] = toBuffers(name, value);
    else headers[name] = typeof value === 'string' ? [value] : value;
  }
  return headers;
}

/** Node joins the values of a repeated header with commas; some clients do so themselves. */
function toBuffers(name: string, value: string | readonly string[]): Buffer[] {
  if (typeof value !== 'string') return value.map(toBuffer);
  return name.startsWith('grpc-') ? [toBuffer(value)] : value.split(',').map(toBuffer);
}

function toBuffer(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

/**
 * A status as the trailers that carry it, in the order in which grpc-js sends them; `headers` if they
 * are also the headers.
 */
export function toTrailers(
  { code, details, trailers }: CallStatus,
  headers?: OutgoingHttpHeaders,
): OutgoingHttpHeaders {
  const sent: OutgoingHttpHeaders = {
    'grpc-status': code,
    'grpc-message': encodeURI(details),
    ...headers,
  };
  for (const name in trailers) {
    const value = trailers[name];
    sent[name] = typeof value === 'string' ? value : value?.toString('base64');
  }
  return sent;
}
