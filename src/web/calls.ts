import { constants, Http2ServerResponse } from 'node:http2';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { DescMethod } from '@bufbuild/protobuf';
import { Code as ConnectCode, ConnectError } from '@connectrpc/connect';
import {
  createAsyncIterable,
  type UniversalServerRequest,
  type UniversalServerResponse,
} from '@connectrpc/connect/protocol';
import { errorFromJsonBytes, parseTimeout } from '@connectrpc/connect/protocol-connect';
import { parseTimeout as parseGrpcTimeout } from '@connectrpc/connect/protocol-grpc';
import { Code, type Dispatcher, type ServerCall } from '../rpc/index.js';
import type { Contract } from './contract.js';
import { errorResponse } from './error-response.js';
import type { Format } from './format.js';
import { fromBase64, toBase64 } from './grpc-web-text.js';
import {
  drained,
  headersOf,
  peerOf,
  send,
  type HttpRequest,
  type HttpResponse,
} from './http-exchange.js';
import { serveJsonStream } from './json-stream.js';
import { JSON_SIZE, LibraryHandlers, valuesFor } from './library-handlers.js';
import { WebWire } from './web-wire.js';

/** The longest delay of a timer in Node: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The headers that the library reads. Its timers end at 24.8 days; those of calls do not. */
const LIBRARY_HEADERS = [
  'accept-encoding',
  'connect-accept-encoding',
  'connect-content-encoding',
  'content-encoding',
  'content-length',
  'grpc-accept-encoding',
  'grpc-encoding',
];

/** What calls over HTTP are made of. */
export interface WebCallsOptions {
  readonly dispatcher: Dispatcher;
  readonly contract: Contract;
  /** How long a client may take to read the end of a response. */
  readonly readWithinMs: number;
}

/** One call, and what it needs. */
interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly method: DescMethod;
  readonly format: Format;
  readonly call: ServerCall;
  readonly wire: WebWire;
}

/** Serves calls whose requests are Connect, gRPC-Web or JSON. */
export class WebCalls {
  readonly #options: WebCallsOptions;
  readonly #handlers: LibraryHandlers;

  constructor(options: WebCallsOptions) {
    this.#options = options;
    this.#handlers = new LibraryHandlers(options.contract.registry);
  }

  /** Makes the call that a request asks for, and responds. Never rejects. */
  async serve(
    request: HttpRequest,
    response: HttpResponse,
    method: DescMethod,
    format: Format,
  ): Promise<void> {
    const { dispatcher, contract, readWithinMs } = this.#options;
    const wire = new WebWire(request, response, contract.registry);
    const timeout = timeoutOf(request, format);
    const call = dispatcher.open(wire, {
      path: `/${method.parent.typeName}/${method.name}`,
      headers: headersOf(request),
      peer: peerOf(request),
      deadlineMs: timeout.timeoutMs === undefined ? Infinity : Date.now() + timeout.timeoutMs,
      protocol: format.protocol,
    });
    wire.attach(call);
    response.setHeader('x-request-id', call.requestId);
    const timer = watchDeadline(call);
    dispatcher.start(call);
    if (timeout.error !== undefined) wire.fail(timeout.error);
    try {
      const universal = await this.#respond({ request, response, method, format, call, wire });
      await write(response, universal);
      finish(request, response, readWithinMs);
    } catch (error) {
      wire.fail(error);
      response.destroy();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Opens and ends a call of a method that the server does not have; returns its error. */
  refuseUnknown(path: string, request: HttpRequest, response: HttpResponse): ConnectError {
    const { dispatcher, contract } = this.#options;
    const wire = new WebWire(request, response, contract.registry);
    const call = dispatcher.open(wire, {
      path,
      headers: headersOf(request),
      peer: peerOf(request),
      deadlineMs: Infinity,
      protocol: 'json',
    });
    wire.attach(call);
    dispatcher.start(call);
    return wire.error ?? new ConnectError('this server has no such method');
  }

  async #respond(exchange: Exchange): Promise<UniversalServerResponse> {
    const { request, method, format, call, wire } = exchange;
    const { registry } = this.#options.contract;
    const body = bodyOf(wire, request);
    if (format.body === 'values') {
      const maxBytes = call.maxMessageBytes * JSON_SIZE;
      return serveJsonStream(wire, inflated(body, request), method, { registry, maxBytes });
    }
    const handler = this.#handlers.handlerOf(method, format, call.maxMessageBytes);
    const universal = await handler(universalRequest(exchange, body));
    if (format.isText) return inText(universal, format);
    if (format.body !== 'message' || wire.hasEnded) return universal;
    // The library has not called the handler.
    wire.fail(await errorIn(universal));
    return errorResponse(wire.error ?? new ConnectError('unknown error'), registry);
  }
}

interface Timeout {
  readonly timeoutMs?: number | undefined;
  readonly error?: ConnectError | undefined;
}

function timeoutOf({ headers }: HttpRequest, { protocol }: Format): Timeout {
  const isGrpcWeb = protocol === 'grpc-web';
  const value = headers[isGrpcWeb ? 'grpc-timeout' : 'connect-timeout-ms']?.toString() ?? null;
  return (isGrpcWeb ? parseGrpcTimeout : parseTimeout)(value, Number.MAX_SAFE_INTEGER);
}

/** Ends a call at its deadline, also while its request has not arrived yet. */
function watchDeadline(call: ServerCall): NodeJS.Timeout | undefined {
  const leftMs = Math.max(call.deadlineMs - Date.now(), 0);
  if (leftMs > MAX_TIMER_MS) return undefined;
  return setTimeout(() => {
    call.abort(Code.DEADLINE_EXCEEDED, 'the deadline has passed');
  }, leftMs);
}

/**
 * The body of a request. Nothing is read of it before the call wants its first message, and it ends
 * with an error when the call does.
 */
async function* bodyOf(
  wire: WebWire,
  request: HttpRequest,
): AsyncGenerator<Uint8Array, void, undefined> {
  const ended = (): Error => wire.error ?? new ConnectError('the call has ended');
  if (!(await wire.isWanted())) throw ended();
  // Otherwise the end of reading would close the connection before the response is sent.
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
  for (;;) {
    const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      wire.onceEnded(() => {
        reject(ended());
      });
      chunks.next().then(resolve, reject);
    });
    if (next.done === true) return;
    yield next.value;
  }
}

function inflated(
  body: AsyncIterable<Uint8Array>,
  { headers }: HttpRequest,
): AsyncIterable<Uint8Array> {
  switch (headers['content-encoding'] ?? 'identity') {
    case 'identity':
      return body;
    case 'gzip':
      return gunzipped(body);
    default:
      return failing(new ConnectError('content-encoding must be gzip', ConnectCode.Unimplemented));
  }
}

async function* gunzipped(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = createGunzip();
  pipeline(Readable.from(body), gunzip, () => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    throw new ConnectError('the request cannot be decompressed', ConnectCode.InvalidArgument);
  }
}

async function* failing(error: Error): AsyncGenerator<Uint8Array, void, undefined> {
  yield* [];
  throw error;
}

/** What the library is given of a request. */
function universalRequest(
  { request, format, wire }: Exchange,
  body: AsyncIterable<Uint8Array>,
): UniversalServerRequest {
  const header = new Headers({ 'content-type': format.contentType });
  for (const name of LIBRARY_HEADERS) {
    const value = request.headers[name];
    if (value !== undefined) header.set(name, value.toString());
  }
  return {
    // The library refuses calls of both directions over HTTP/1.1, which work by halves.
    httpVersion: '2.0',
    url: `http://localhost${request.url ?? '/'}`,
    method: request.method ?? 'POST',
    header,
    body: format.isText ? fromBase64(body) : body,
    signal: new AbortController().signal,
    contextValues: valuesFor(wire),
  };
}

function inText(universal: UniversalServerResponse, { isJson }: Format): UniversalServerResponse {
  const header = new Headers(universal.header);
  header.set('content-type', `application/grpc-web-text+${isJson ? 'json' : 'proto'}`);
  const { body } = universal;
  return { ...universal, header, ...(body === undefined ? {} : { body: toBase64(body) }) };
}

/** The error in a response of the library to a unary call. */
async function errorIn({ body }: UniversalServerResponse): Promise<ConnectError> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  const fallback = new ConnectError('the request cannot be read', ConnectCode.InvalidArgument);
  try {
    return errorFromJsonBytes(Buffer.concat(chunks), undefined, fallback);
  } catch {
    return fallback;
  }
}

/** Sends a response, as fast as the client reads. Rejects if the library's body does. */
async function write(
  response: HttpResponse,
  { status, header, body }: UniversalServerResponse,
): Promise<void> {
  // The first chunk comes before the headers, which depend on it.
  const chunks = (body ?? createAsyncIterable<Uint8Array>([]))[Symbol.asyncIterator]();
  let chunk = await chunks.next();
  if (response.destroyed) {
    await chunks.return?.();
    return;
  }
  response.writeHead(status, Object.fromEntries(header ?? []));
  while (chunk.done !== true) {
    if (!send(response, chunk.value)) await drained(response);
    chunk = await chunks.next();
  }
  response.end();
}

/** Closes the response of a client that does not read it, and what is left of the request. */
function finish(request: HttpRequest, response: HttpResponse, readWithinMs: number): void {
  if (response instanceof Http2ServerResponse && !request.readableEnded) {
    // Otherwise the stream stays until the client has ended it, too.
    response.stream.close(constants.NGHTTP2_NO_ERROR);
  }
  if (response.writableFinished || response.destroyed) return;
  const timer = setTimeout(() => response.destroy(), readWithinMs);
  response.once('close', () => {
    clearTimeout(timer);
  });
}
