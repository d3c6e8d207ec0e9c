import type { MessageType, MethodDefinition } from './definition.js';
import { defaultsOf, type MessageDefaults } from './message-defaults.js';
import { retrySafetyOf, type RetrySafety } from './retry-safety.js';
import { show, snakeCase } from './json-reader.js';
import { encodeUntyped, fits } from './untyped-request.js';

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

/** Prepares the method of a definition. */
export function toMethod(serviceName: string, definition: MethodDefinition): Method {
  const { name, responseType, requestStream, responseStream } = definition;
  const path = `/${serviceName}/${name}`;
  const encoder = new RequestEncoder(path, definition);
  return {
    path,
    name,
    requestStream,
    responseStream,
    retrySafety: retrySafetyOf(definition.options),
    encode: (request, index) => encoder.encode(request, index),
    decode: (bytes) => responseType.decode(bytes),
  };
}

/** What the server calls the requests of a stream in its field paths, where it is not `requests`. */
const STREAM_FIELDS: Readonly<Record<string, string>> = {
  '/personguide.PersonGuide/RecordPersons': 'people',
  '/personguide.PersonGuide/RoutePhones': 'people',
  '/personguide.PersonGuide/importPeople': 'people',
};

class RequestEncoder {
  readonly #type: MessageType;
  readonly #defaults: MessageDefaults;
  readonly #name: string;
  /** What the path of a field in a stream begins with. */
  readonly #stream: string;

  constructor(path: string, { name, requestType }: MethodDefinition) {
    this.#type = requestType;
    this.#defaults = defaultsOf(requestType);
    this.#name = name;
    this.#stream = STREAM_FIELDS[path] ?? 'requests';
  }

  encode(request: unknown, index?: number): Buffer {
    try {
      const masked = MASK in this.#defaults.values ? withProtoNames(request) : request;
      const path = index === undefined ? '' : `${this.#stream}[${index}]`;
      return this.#encodeTyped(masked) ?? toBuffer(encodeUntyped(this.#type, masked, path));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new TypeError(`${this.#name}: ${why}`, { cause });
    }
  }

  /** The bytes of a request, or undefined if a field of it is unknown or has another type. */
  #encodeTyped(request: unknown): Buffer | undefined {
    // A missing request is an empty one.
    const partial = request ?? {};
    if (typeof partial !== 'object') return undefined;
    try {
      // An undefined field would be encoded as the text "undefined"; fromPartial sets the default.
      const message = this.#type.fromPartial(partial as never) as object;
      if (!fits(partial, message, this.#defaults)) return undefined;
      return toBuffer(this.#type.encode(message as never).finish());
    } catch {
      return undefined;
    }
  }
}

/** The field that names the fields to change. */
const MASK = 'updateMask';

/** A mask may name fields as TypeScript does: `externalId` for `external_id`. */
function withProtoNames(request: unknown): unknown {
  const mask = (request as { [MASK]?: unknown } | undefined)?.[MASK];
  if (mask === undefined || mask === null) return request;
  if (!Array.isArray(mask) || !mask.every((name) => typeof name === 'string')) {
    throw new TypeError(`update_mask must be an array of field names, not ${show(mask)}`);
  }
  return { ...(request as object), [MASK]: mask.map(snakeCase) };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
