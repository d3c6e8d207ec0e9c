import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Code } from '../code.js';
import { lightenStreamTable } from './node-http2-internals.js';

/** `application/grpc`, with a format or parameters; gRPC-Web and JSON are not gRPC. */
const GRPC_CONTENT_TYPE = /^application\/grpc(?:$|[+;])/;

/** What most servers allow: https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2 has no default. */
const MAX_HEADER_BYTES = 64 * 1024;

/** What HTTP/2 adds to each header when it counts the size of a list. */
const HEADER_OVERHEAD_BYTES = 32;

const TIMEOUT = /^(\d{1,8})([HMS])$/;
const UNIT_SECONDS = { H: 3600, M: 60, S: 1 };

/** The longest timeout in whole hours that fits a timer of Node: 24.8 days. */
const MAX_TIMEOUT = '596H';
const MAX_TIMEOUT_SECONDS = 596 * 3600;

/** Responds to what is not a gRPC request, and returns whether the stream is one. */
export function admitStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  if (stream.session !== undefined) lightenStreamTable(stream.session);
  const contentType = headers['content-type'] ?? '';
  if (!GRPC_CONTENT_TYPE.test(contentType)) {
    refuseContentType(stream, contentType);
    return false;
  }
  if (headerBytes(headers) > MAX_HEADER_BYTES) {
    refuseHeaders(stream);
    return false;
  }
  capTimeout(headers);
  return true;
}

function refuseContentType(stream: ServerHttp2Stream, contentType: string): void {
  const shown = contentType.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
  const text = `This port serves gRPC: content-type must be application/grpc, not "${shown}".\n`;
  end(stream, { ':status': 415, 'content-type': 'text/plain; charset=utf-8' }, text);
}

function refuseHeaders(stream: ServerHttp2Stream): void {
  end(stream, {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-status': Code.RESOURCE_EXHAUSTED,
    'grpc-message': `the request headers have more than ${MAX_HEADER_BYTES} bytes`,
  });
}

function end(stream: ServerHttp2Stream, headers: Record<string, string | number>, text = ''): void {
  // The stream may be reset at any time; there is nothing left to do then.
  stream.on('error', () => undefined);
  stream.respond(headers);
  stream.end(text);
  stream.resume();
}

function headerBytes(headers: IncomingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers) {
    bytes += name.length + (headers[name]?.length ?? 0) + HEADER_OVERHEAD_BYTES;
  }
  return bytes;
}

/** grpc-js computes milliseconds in 32 bits: a longer timeout would already have passed. */
function capTimeout(headers: IncomingHttpHeaders): void {
  const timeout = headers['grpc-timeout'];
  if (typeof timeout !== 'string') return;
  const [, digits, unit] = TIMEOUT.exec(timeout) ?? [];
  if (digits === undefined) return;
  const seconds = Number(digits) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
  if (seconds > MAX_TIMEOUT_SECONDS) headers['grpc-timeout'] = MAX_TIMEOUT;
}
