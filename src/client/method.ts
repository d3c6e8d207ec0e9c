import type { MessageType, MethodDefinition } from './definition.js';
import { retrySafetyOf, type RetrySafety } from './retry-safety.js';
import { encodeUntyped, hasAllFields } from './untyped-request.js';

/** One RPC, ready to be called. */
export interface Method {
  /** The full name on the wire: `/personguide.PersonGuide/GetPhone`. */
  readonly path: string;
  /** The name in the proto: `GetPhone`. */
  readonly name: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly retrySafety: RetrySafety;
  /**
   * Completes a partial request and encodes it. Throws a TypeError that names the first unknown or
   * invalid field, and the place of the request if it is one of a stream.
   */
  readonly encode: (request: unknown, index?: number) => Buffer;
  /** Throws if the bytes cannot be decoded as a response message. */
  readonly decode: (bytes: Buffer) => unknown;
}

type Named = Pick<Method, 'path' | 'name'>;

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
    encode: (request, index) => encode({ path, name }, requestType, request, index),
    decode: (bytes) => responseType.decode(bytes),
  };
}

/** What the server calls the requests of a stream in its field paths, where it is not `requests`. */
const STREAM_FIELDS: Readonly<Record<string, string>> = {
  '/personguide.PersonGuide/RecordPersons': 'people',
  '/personguide.PersonGuide/RoutePhones': 'people',
};

function encode(
  { path, name }: Named,
  type: MessageType,
  request: unknown,
  index?: number,
): Buffer {
  const bytes = encodeTyped(type, request);
  if (bytes !== undefined) return bytes;
  const field = index === undefined ? '' : `${STREAM_FIELDS[path] ?? 'requests'}[${index}]`;
  try {
    return toBuffer(encodeUntyped(type, request, field));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`${name}: ${why}`, { cause });
  }
}

/** The bytes of a request, or undefined if a field of it is unknown or has another type. */
function encodeTyped(type: MessageType, request: unknown): Buffer | undefined {
  // A missing request is an empty one.
  const partial = request ?? {};
  if (typeof partial !== 'object') return undefined;
  try {
    // An undefined field would be encoded as the text "undefined"; fromPartial sets the default.
    const message = type.fromPartial(partial as never) as object;
    return hasAllFields(partial, message)
      ? toBuffer(type.encode(message as never).finish())
      : undefined;
  } catch {
    return undefined;
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
