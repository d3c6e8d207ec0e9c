import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { DirectoryError } from '../directory/errors.js';
import { InvalidUtf8 } from './utf8.js';

const size = Symbol('bytes on the wire');

/** What stands in for a request that could not be decoded; the adapters refuse the call with it. */
export class Undecodable {
  constructor(readonly cause: unknown) {}

  /** The error to refuse the call with. */
  refusal(): DirectoryError {
    const why =
      this.cause instanceof InvalidUtf8 ? 'its text is not valid UTF-8' : 'it is malformed';
    const text = `the request message cannot be decoded: ${why}`;
    return new DirectoryError('invalid', text, { code: 'UNDECODABLE_MESSAGE' });
  }
}

/**
 * The same service for a server whose handlers come from `createRpc`: an answer may be a message or
 * a Uint8Array that holds one in wire form, which is sent as it is; a request that cannot be decoded
 * is refused with INVALID_ARGUMENT; requests of client-streaming methods know their `wireBytes`.
 */
export function wireDefinition<T extends ServiceDefinition>(definition: T): T {
  const methods = Object.entries(definition).map(([name, method]) => [name, wireMethod(method)]);
  return Object.fromEntries(methods) as T;
}

/**
 * How many bytes a message had on the wire, without its frame. Known for the requests of
 * client-streaming methods (not bidirectional ones) of a `wireDefinition`; 0 for anything else.
 */
export function wireBytes(message: object): number {
  return (message as { [size]?: number })[size] ?? 0;
}

const encoders = new Map<string, (answer: unknown) => Buffer>();

/**
 * Puts the answers of a method into wire form, if its service went through `wireDefinition`; what
 * cannot be encoded throws here, where its call is known. grpc-js would end the call and tell nobody.
 */
export function encoderOf(method: string): (answer: unknown) => unknown {
  return encoders.get(method) ?? ((answer) => answer);
}

function wireMethod<Req, Res>(method: MethodDefinition<Req, Res>): MethodDefinition<Req, Res> {
  const { requestDeserialize, responseSerialize } = method;
  const sized = method.requestStream && !method.responseStream;
  const encode = (answer: Res): Buffer =>
    answer instanceof Uint8Array ? asBuffer(answer) : responseSerialize(answer);
  encoders.set(method.path, encode as (answer: unknown) => Buffer);
  return {
    ...method,
    requestDeserialize: sized ? decodeSized(requestDeserialize) : decode(requestDeserialize),
    responseSerialize: encode,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decode<Req>(deserialize: (bytes: Buffer) => Req): (bytes: Buffer) => Req {
  return (bytes) => {
    try {
      return deserialize(bytes);
    } catch (error) {
      return new Undecodable(error) as Req;
    }
  };
}

function decodeSized<Req>(deserialize: (bytes: Buffer) => Req): (bytes: Buffer) => Req {
  const plain = decode(deserialize);
  return (bytes) => {
    const message = plain(bytes);
    // A property costs next to nothing; a WeakMap half a microsecond a message.
    (message as { [size]?: number })[size] = bytes.length;
    return message;
  };
}
