import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodUnary,
  Message,
  Registry,
} from '@bufbuild/protobuf';
import {
  createConnectRouter,
  createContextKey,
  createContextValues,
  type ContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import type { Format } from './format.js';
import { gzipCompression } from './gzip-compression.js';
import { jsonDecoder } from './json-decoder.js';
import { jsonCodec, opaqueCodec, type MessageCodec } from './opaque-message.js';
import type { WebWire } from './web-wire.js';

const WIRE = createContextKey<WebWire | undefined>(undefined);

/** JSON has up to about twice the bytes of the same message in binary form. */
export const JSON_SIZE = 2;

/** The values by which the handler of a call finds its wire. */
export function valuesFor(wire: WebWire): ContextValues {
  return createContextValues().set(WIRE, wire);
}

/** The handlers of the library, which read requests and write responses; made when first used. */
export class LibraryHandlers {
  readonly #registry: Registry;
  readonly #handlers = new Map<string, UniversalHandler>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The handler of a method for bodies of that format. */
  handlerOf(method: DescMethod, format: Format, maxMessageBytes: number): UniversalHandler {
    const { protocol, isJson, body } = format;
    const isGrpcWeb = protocol === 'grpc-web';
    const isUnary = body === 'message';
    const key = `${method.parent.typeName}/${method.name} ${isGrpcWeb} ${isJson} ${isUnary}`;
    let handler = this.#handlers.get(key);
    if (handler === undefined) {
      const router = createConnectRouter({
        grpc: false,
        grpcWeb: isGrpcWeb,
        connect: !isGrpcWeb,
        acceptCompression: [gzipCompression],
        readMaxBytes: isJson ? maxMessageBytes * JSON_SIZE : maxMessageBytes,
        jsonOptions: jsonOptions(this.#registry),
      });
      const codec = isJson ? jsonCodec(method) : opaqueCodec;
      if (isUnary) router.rpc(unaryMethod(method, codec), unary(codec));
      else router.rpc(streamMethod(method, codec), stream(codec));
      [handler] = router.handlers;
      if (handler === undefined) throw new Error('the library made no handler');
      this.#handlers.set(key, handler);
    }
    return handler;
  }
}

/** Also a decoder, which the library takes although its types do not mention it. */
function jsonOptions(registry: Registry): { ignoreUnknownFields: boolean; registry: Registry } {
  const options = { ignoreUnknownFields: false, registry, textDecoder: jsonDecoder };
  return options;
}

function unaryMethod(method: DescMethod, { input, output }: MessageCodec): DescMethodUnary {
  return { ...method, methodKind: 'unary', input, output };
}

/** Of both directions: the dispatcher counts the messages. */
function streamMethod(
  method: DescMethod,
  { input, output }: MessageCodec,
): DescMethodBiDiStreaming {
  return { ...method, methodKind: 'bidi_streaming', input, output };
}

function unary(codec: MessageCodec) {
  return async (request: Message, context: HandlerContext): Promise<Message> => {
    const wire = wireOf(context);
    wire.takeOnly(codec.toBytes(request));
    for await (const response of wire.responses()) return codec.toMessage(response);
    throw new Error('the call has ended without a response');
  };
}

function stream(codec: MessageCodec) {
  return async function* (
    requests: AsyncIterable<Message>,
    context: HandlerContext,
  ): AsyncGenerator<Message, void, undefined> {
    const wire = wireOf(context);
    void wire.takeAll(encoded(requests, codec));
    for await (const response of wire.responses()) yield codec.toMessage(response);
  };
}

async function* encoded(
  requests: AsyncIterable<Message>,
  { toBytes }: MessageCodec,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const request of requests) yield toBytes(request);
}

function wireOf({ values }: HandlerContext): WebWire {
  const wire = values.get(WIRE);
  if (wire === undefined) throw new Error('the call has no wire');
  return wire;
}
