import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Limits } from '../../limits.js';
import { DirectoryError } from '../../directory/errors.js';
import { Code } from '../code.js';
import type { CallInit } from '../server-call.js';
import { statusOf } from '../status.js';
import { lightenStreamTable } from '../../node-http2-internals.js';
import { clientOf } from './grpc-connection.js';
import { parseTimeout } from './grpc-timeout.js';
import { readHeaders, type ReceivedHeaders } from './http2-headers.js';

/** `application/grpc`, with a format or parameters; gRPC-Web and JSON are not gRPC. */
const GRPC_CONTENT_TYPE = /^application\/grpc(?:$|[+;])/;

/** Why a request is refused, for metrics. */
export type RefusalKind =
  'content_type' | 'method' | 'headers' | 'timeout' | 'overloaded' | 'host' | 'origin';

/** Called with the client's address and port, and why a request was refused. */
export type RefusalListener = (peer: string, reason: string, kind: RefusalKind) => void;

/** Serves streams that are not gRPC requests; their headers are within the limits. */
export type OtherStreams = (...stream: NewStream) => void;

type NewStream = [
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
];

/** What a stream is to be refused by, besides its headers. */
export interface AdmissionOptions {
  readonly limits: Pick<Limits, 'headers' | 'headerBytes'>;
  /** Whether new calls of a client, by its address and port, are to be refused. */
  readonly isOverloaded: (peer: string, path: string, bringsLittle: boolean) => boolean;
  /** The name by which a method that was called is known: in the log, for example. */
  readonly methodOf: (path: string) => string;
  readonly onRefused: RefusalListener;
  /** Default: they are refused. */
  readonly others?: OtherStreams | undefined;
}

/**
 * Returns the call that a stream is; undefined for a stream that is not a gRPC request within the
 * limits, and has got its response or is served by others.
 */
export type Admission = (...stream: NewStream) => CallInit | undefined;

/**
 * Admits streams by their headers, before anything else is kept of them. What is refused here is
 * not a call yet: it has no log line of its own, only the listener.
 */
export function admission({
  limits,
  isOverloaded,
  methodOf,
  onRefused,
  others,
}: AdmissionOptions): Admission {
  return (stream, headers, rawHeaders) => {
    if (stream.session !== undefined) lightenStreamTable(stream.session);
    const client = clientOf(stream.session);
    const peer = client.address;
    const received = readHeaders(headers, rawHeaders, limits);
    if (!client.countRequest(received)) {
      ignore(stream);
      return undefined;
    }
    if (client.hasTooManyHeaders) {
      client.close();
      onRefused(peer, 'too many headers on one connection', 'headers');
      ignore(stream);
      return undefined;
    }
    if (others !== undefined && isOther(headers)) {
      const refusal = tooMany(received, limits);
      if (refusal === undefined) {
        others(stream, headers, rawHeaders);
      } else {
        onRefused(peer, refusal.reason, refusal.kind);
        const { reason, kind } = refusal;
        refuse(stream, { kind, ...plainText(reason, 431, `${reason}\n`) });
        client.countRefusal();
      }
      return undefined;
    }
    const path = headers[':path'] ?? '';
    const timeoutMs = timeoutOf(headers);
    const refusal =
      notGrpc(headers) ??
      tooMany(received, limits) ??
      checkTimeout(timeoutMs) ??
      (isOverloaded(peer, path, client.bringsLittle) ? OVERLOADED : undefined);
    if (refusal === undefined) {
      return {
        path: methodOf(path),
        headers: received.headers,
        peer,
        deadlineMs: timeoutMs === undefined ? Infinity : Date.now() + timeoutMs,
      };
    }
    onRefused(peer, refusal.reason, refusal.kind);
    refuse(stream, refusal);
    // A client in a hurry is not a hostile one.
    if (refusal.kind !== 'overloaded' && refusal.kind !== 'timeout') client.countRefusal();
    return undefined;
  };
}

interface Refusal {
  readonly kind: RefusalKind;
  /** For the log: it contains nothing that the client has sent. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly text?: string;
}

function isOther({ ':path': path, 'content-type': type = '' }: IncomingHttpHeaders): boolean {
  return path !== undefined && !GRPC_CONTENT_TYPE.test(type);
}

/** A CONNECT request has no path, and whoever sent it expects a tunnel: grpc-js would hold it. */
function notGrpc(headers: IncomingHttpHeaders): Refusal | undefined {
  const contentType = headers['content-type'] ?? '';
  if (!GRPC_CONTENT_TYPE.test(contentType)) {
    const shown = contentType.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
    const text = `This port serves gRPC: content-type must be application/grpc, not "${shown}".\n`;
    return { kind: 'content_type', ...plainText('not application/grpc', 415, text) };
  }
  if (headers[':method'] !== 'POST' || headers[':path'] === undefined) {
    const text = 'This port serves gRPC: every request must be a POST.\n';
    return { kind: 'method', ...plainText('not a POST', 405, text) };
  }
  return undefined;
}

function plainText(reason: string, status: number, text: string): Omit<Refusal, 'kind'> {
  const headers = { ':status': status, 'content-type': 'text/plain; charset=utf-8' };
  return { reason, headers, text };
}

function tooMany(
  { bytes, count }: ReceivedHeaders,
  limits: Pick<Limits, 'headers' | 'headerBytes'>,
): Refusal | undefined {
  if (bytes > limits.headerBytes) {
    const text = `the request headers have more than ${limits.headerBytes} bytes`;
    return status('headers', Code.RESOURCE_EXHAUSTED, text);
  }
  if (count <= limits.headers) return undefined;
  return status(
    'headers',
    Code.RESOURCE_EXHAUSTED,
    `the request has more than ${limits.headers} headers`,
  );
}

/**
 * The time that the client gives the call, in milliseconds; NaN if it is malformed. The header is
 * removed: grpc-js reads `3S junk` as 3 s, and has timers of 32 bits.
 */
function timeoutOf(headers: IncomingHttpHeaders): number | undefined {
  const timeout = headers['grpc-timeout'];
  if (timeout === undefined) return undefined;
  headers['grpc-timeout'] = undefined;
  return parseTimeout(String(timeout)) ?? NaN;
}

/** A timeout below a millisecond has passed. */
function checkTimeout(timeoutMs: number | undefined): Refusal | undefined {
  if (timeoutMs === undefined || timeoutMs >= 1) return undefined;
  if (timeoutMs < 1) return status('timeout', Code.DEADLINE_EXCEEDED, 'the deadline has passed');
  return status(
    'timeout',
    Code.INVALID_ARGUMENT,
    'grpc-timeout must be 1 to 8 digits and one of H, M, S, m, u and n',
  );
}

function status(kind: RefusalKind, code: Code, details: string): Refusal {
  return {
    kind,
    reason: details,
    headers: {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': code,
      'grpc-message': details,
    },
  };
}

const RETRY_DELAY_MS = 1000;

const OVERLOADED = overloaded();

/** UNAVAILABLE with a RetryInfo, made once: it must cost less than the call would. */
function overloaded(): Refusal {
  const error = new DirectoryError('unavailable', 'the server is overloaded', {
    code: 'SERVER_OVERLOADED',
    retryDelayMs: RETRY_DELAY_MS,
  });
  const { code, details, trailers } = statusOf(error, { requestId: '', errorDomain: '' });
  const plain = status('overloaded', code, details);
  const bytes = trailers['grpc-status-details-bin'] ?? '';
  const encoded = Buffer.from(bytes).toString('base64');
  return { ...plain, headers: { ...plain.headers, 'grpc-status-details-bin': encoded } };
}

/** For a stream that may be reset at any time, and for which there is nothing left to do then. */
function ignore(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined);
}

function refuse(stream: ServerHttp2Stream, { headers, text = '' }: Refusal): void {
  ignore(stream);
  // A status counts only in headers that end the stream.
  stream.respond(headers, { endStream: text === '' });
  if (text !== '') stream.end(text);
  // Otherwise the stream stays until the client has ended it, too.
  stream.close(constants.NGHTTP2_NO_ERROR);
}
