import {
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMethod,
  type Registry,
} from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { errorToJson } from '@connectrpc/connect/protocol-connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { errorResponse } from './error-response.js';
import { jsonDecoder } from './json-decoder.js';
import { objectsOf } from './json-values.js';
import type { WebWire } from './web-wire.js';

/**
 * Serves a streaming call whose requests are JSON objects, in an array or one after the other. The
 * responses are lines of JSON, the last of which is `{"error": ...}` if the call fails after the
 * first; a method with a single response gets that alone. The library has no such protocol.
 */
export async function serveJsonStream(
  wire: WebWire,
  body: AsyncIterable<Uint8Array>,
  method: DescMethod,
  { registry, maxBytes }: { readonly registry: Registry; readonly maxBytes: number },
): Promise<UniversalServerResponse> {
  void wire.takeAll(requestsOf(body, method, registry, maxBytes));
  const lines = linesOf(wire, method, registry);
  try {
    const first = await lines.next();
    const isSingle = method.methodKind === 'client_streaming';
    const header = new Headers({
      'content-type': isSingle ? 'application/json' : 'application/x-ndjson',
    });
    return { status: 200, header, body: continued(first, lines, registry) };
  } catch (error) {
    return errorResponse(ConnectError.from(error), registry);
  }
}

async function* requestsOf(
  body: AsyncIterable<Uint8Array>,
  { input }: DescMethod,
  registry: Registry,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const json of objectsOf(body, maxBytes)) {
    const text = jsonDecoder.decode(json);
    let message;
    try {
      message = fromJsonString(input, text, { registry });
    } catch (error) {
      throw ConnectError.from(error, Code.InvalidArgument);
    }
    yield toBinary(input, message);
  }
}

async function* linesOf(
  wire: WebWire,
  { output }: DescMethod,
  registry: Registry,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const page of wire.pages()) {
    const lines = page.map((bytes) =>
      toJsonString(output, fromBinary(output, bytes), { registry }),
    );
    yield Buffer.from(`${lines.join('\n')}\n`);
  }
}

async function* continued(
  first: IteratorResult<Uint8Array, void>,
  lines: AsyncGenerator<Uint8Array, void, undefined>,
  registry: Registry,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (first.done === true) return;
  yield first.value;
  try {
    yield* lines;
  } catch (error) {
    const json = errorToJson(ConnectError.from(error), { registry });
    yield Buffer.from(`${JSON.stringify({ error: json })}\n`);
  }
}
