import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import type { Limits } from '../../limits.js';
import type { CallStatus } from '../call.js';
import type { Headers } from '../headers.js';

/** Headers that grpc-js can read; for others it throws, catches and logs, which takes 20 us each. */
const READABLE_NAME = /^[0-9a-z_.-]+$/;
const READABLE_VALUE = /^[\x20-\x7e]*$/;

/** What HTTP/2 adds to each header when it counts the size of a list. */
const HEADER_OVERHEAD_BYTES = 32;

/** Headers of the protocol itself, which handlers do not see. */
const OF_THE_PROTOCOL: ReadonlySet<string> = new Set([
  ':method',
  ':scheme',
  ':authority',
  ':path',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
  'accept-encoding',
  'te',
  'content-type',
]);

/** The headers of a request, as they came. */
export interface ReceivedHeaders {
  /** Their size, with 32 bytes for each, as HTTP/2 counts it. */
  readonly bytes: number;
  /** How many values they have: of a binary header, each part is one. */
  readonly count: number;
  /** How many of them cannot be read. */
  readonly unreadable: number;
  /** What a handler sees of them; incomplete if there are more than the limits allow. */
  readonly headers: Headers;
}

/**
 * Reads the headers as they came: a reference of one byte to a large header counts with its full
 * size, however often it comes. Those that cannot be read are removed from `incoming`, where Node has
 * joined the values of repeated ones with commas.
 */
export function readHeaders(
  incoming: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  limits: Pick<Limits, 'headers' | 'headerBytes'>,
): ReceivedHeaders {
  const headers: Record<string, readonly (string | Buffer)[]> = {};
  const bytes = sizeOf(rawHeaders);
  let count = rawHeaders.length / 2;
  let unreadable = 0;
  // Looking into the values takes longer than all else.
  if (bytes > limits.headerBytes) return { bytes, count, unreadable, headers };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const isOwn = !OF_THE_PROTOCOL.has(name);
    if (!READABLE_VALUE.test(value) || (isOwn && !READABLE_NAME.test(name))) {
      unreadable += 1;
      incoming[name] = undefined;
      Reflect.deleteProperty(headers, name);
    } else if (isOwn) {
      // Each part of such a value becomes a buffer.
      if (name.endsWith('-bin')) count += value.split(',', limits.headers).length - 1;
      if (Object.hasOwn(headers, name)) continue;
      const joined = incoming[name];
      if (joined !== undefined && count <= limits.headers) headers[name] = valuesOf(name, joined);
    }
  }
  return { bytes, count, unreadable, headers };
}

function sizeOf(rawHeaders: readonly string[]): number {
  let bytes = (rawHeaders.length / 2) * HEADER_OVERHEAD_BYTES;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}

function valuesOf(name: string, value: string | readonly string[]): readonly (string | Buffer)[] {
  if (!name.endsWith('-bin')) return typeof value === 'string' ? [value] : value;
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
