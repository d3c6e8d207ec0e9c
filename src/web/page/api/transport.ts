import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { CallError, errorOf, httpError, unreachable } from './call-error.js';
import { EnvelopeReader, joinEnvelopes } from './envelopes.js';

/** A type of messages, as far as calls need it. */
export interface Codec<Message> {
  encode(message: Message): BinaryWriter;
  decode(bytes: Uint8Array): Message;
  fromPartial(partial: never): Message;
}

/** A method of a generated definition. */
export interface Method<Request, Response> {
  readonly name: string;
  readonly requestType: Pick<Codec<Request>, 'encode'>;
  readonly responseType: Pick<Codec<Response>, 'decode'>;
}

/** What a call takes besides its request. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Makes a write safe to repeat. */
  readonly idempotencyKey?: string;
}

/** A unary call without a response by then has failed. */
const UNARY_TIMEOUT_MS = 30_000;

/** Makes calls to the server that the page came from, with the protocol of Connect. */
export class Transport {
  /** The key or token of the caller; empty for none. */
  token = '';

  /** Makes a unary call. Rejects with a CallError, and with the reason of an aborted signal. */
  async unary<Request, Response>(
    service: string,
    { name, requestType, responseType }: Method<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    const bytes = await this.unaryBytes(
      `${service}/${name}`,
      requestType.encode(request).finish(),
      options,
    );
    return responseType.decode(bytes);
  }

  /** As unary(), with the response as it arrived. */
  async unaryBytes(
    path: string,
    body: Uint8Array,
    { signal, idempotencyKey }: CallOptions = {},
  ): Promise<Uint8Array> {
    const timeout = AbortSignal.timeout(UNARY_TIMEOUT_MS);
    const response = await this.#post(path, new Uint8Array(body), {
      type: 'application/proto',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      headers: {
        'connect-timeout-ms': String(UNARY_TIMEOUT_MS),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
    });
    if (!response.ok) throw await errorIn(response);
    return readWhole(response, signal);
  }

  /**
   * Makes a call with a stream of responses. Throws a CallError if it fails, and the reason of an
   * aborted signal. Ending the iteration ends the call.
   */
  async *stream<Response>(
    path: string,
    requests: readonly Uint8Array[],
    decode: (bytes: Uint8Array) => Response,
    signal?: AbortSignal,
  ): AsyncGenerator<Response, void, undefined> {
    const ended = new AbortController();
    const response = await this.#post(path, joinEnvelopes(requests), {
      type: 'application/connect+proto',
      signal: signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]),
      headers: {},
    });
    if (!response.ok || response.body === null) throw await errorIn(response);
    const envelopes = new EnvelopeReader();
    const chunks = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await readChunk(chunks, signal);
        // The end of the stream has been missing: the connection was lost.
        if (done) throw unreachable();
        for (const { isEnd, data } of envelopes.read(value)) {
          if (!isEnd) {
            yield decode(data);
            continue;
          }
          throwErrorOf(data);
          return;
        }
      }
    } finally {
      ended.abort();
    }
  }

  async #post(
    path: string,
    body: BodyInit,
    {
      type,
      signal,
      headers,
    }: { type: string; signal: AbortSignal; headers: Readonly<Record<string, string>> },
  ): Promise<Response> {
    const access = this.token === '' ? {} : { authorization: `Bearer ${this.token}` };
    try {
      return await fetch(`/${path}`, {
        method: 'POST',
        signal,
        body,
        cache: 'no-store',
        credentials: 'same-origin',
        headers: { 'content-type': type, 'connect-protocol-version': '1', ...headers, ...access },
      });
    } catch (error) {
      throw callErrorOf(error);
    }
  }
}

/** An idempotency key that no other call has. */
export function newKey(): string {
  // crypto.randomUUID() exists on loopback and with TLS only.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function callErrorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'TimeoutError') {
    return new CallError('unavailable', 'the server did not answer in time');
  }
  return error.name === 'AbortError' ? error : unreachable();
}

async function readWhole(response: Response, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    signal?.throwIfAborted();
    throw callErrorOf(error);
  }
}

async function readChunk(
  chunks: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  signal?: AbortSignal,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await chunks.read();
  } catch (error) {
    signal?.throwIfAborted();
    throw callErrorOf(error);
  }
}

async function errorIn(response: Response): Promise<CallError> {
  try {
    return errorOf(await response.json()) ?? httpError(response.status);
  } catch {
    return httpError(response.status);
  }
}

/** Throws the error in the last envelope of a stream, if it has one. */
function throwErrorOf(data: Uint8Array): void {
  const end = JSON.parse(new TextDecoder().decode(data)) as { error?: unknown };
  if (end.error !== undefined) throw errorOf(end.error) ?? httpError(500);
}
