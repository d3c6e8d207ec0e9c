import type { MessageType, MethodDefinition } from './definition.js';
import { retrySafetyOf, type RetrySafety } from './retry-safety.js';

/** One RPC, ready to be called. */
export interface Method {
  /** The full name on the wire: `/personguide.PersonGuide/GetPhone`. */
  readonly path: string;
  /** The name in the proto: `GetPhone`. */
  readonly name: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly retrySafety: RetrySafety;
  /** Completes a partial request and encodes it. Throws a TypeError if it cannot be encoded. */
  readonly encode: (request: unknown) => Buffer;
  /** Throws if the bytes cannot be decoded as a response message. */
  readonly decode: (bytes: Buffer) => unknown;
}

/** Prepares the method of a definition. */
export function toMethod(serviceName: string, definition: MethodDefinition): Method {
  const { name, requestType, responseType, requestStream, responseStream } = definition;
  const path = `/${serviceName}/${name}`;
  return {
    path,
    name,
    requestStream,
    responseStream,
    retrySafety: retrySafetyOf(definition.options),
    encode: (request) => encode(name, requestType, request),
    decode: (bytes) => responseType.decode(bytes),
  };
}

function encode(name: string, type: MessageType, request: unknown): Buffer {
  try {
    // An undefined field would be encoded as the text "undefined"; fromPartial sets the default.
    const message = type.fromPartial((request ?? {}) as never);
    const bytes = type.encode(message as never).finish();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`${name}: the request cannot be encoded: ${why}`, { cause });
  }
}
