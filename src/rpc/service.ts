import type { MessageType } from './decode.js';
import type { BidiStreamHandler } from './bidi-stream.js';
import type { ClientStreamHandler } from './client-stream.js';
import type { ServerStreamHandler } from './server-stream.js';
import type { UnaryHandler } from './unary.js';

/** One RPC, as ts-proto generates it with `outputServices=generic-definitions`. */
export interface MethodDefinition {
  /** The name in the proto: `GetPhone`. */
  readonly name: string;
  readonly requestType: MessageType;
  readonly requestStream: boolean;
  readonly responseType: MessageType;
  readonly responseStream: boolean;
  /** Contains the `option idempotency_level` of the proto, if it has one. */
  readonly options: object;
}

/** A service, as ts-proto generates it with `outputServices=generic-definitions`. */
export interface ServiceDefinition {
  /** The name with its package: `personguide.PersonGuide`. */
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

type MessageOf<Type> = Type extends { decode(...args: never): infer Message } ? Message : never;

/** The handler of an RPC; its kind follows from the definition. */
export type Handler<Method extends MethodDefinition> = HandlerOf<
  Method,
  MessageOf<Method['requestType']>,
  MessageOf<Method['responseType']>
>;

type HandlerOf<Method extends MethodDefinition, Req, Res> = Method['requestStream'] extends true
  ? Method['responseStream'] extends true
    ? BidiStreamHandler<Req, Res>
    : ClientStreamHandler<Req, Res>
  : Method['responseStream'] extends true
    ? ServerStreamHandler<Req, Res>
    : UnaryHandler<Req, Res>;

/** A handler for each RPC of a service. */
export type Handlers<Definition extends ServiceDefinition> = {
  readonly [Name in keyof Definition['methods']]: Handler<Definition['methods'][Name]>;
};

/** A service and what implements it, independent of any transport. */
export interface Service {
  readonly definition: ServiceDefinition;
  readonly handlers: Readonly<Record<string, unknown>>;
  /** RPCs whose request messages may be larger than the limits of the server say, in bytes. */
  readonly maxMessageBytes: Readonly<Record<string, number | undefined>>;
}

/**
 * Implements a service: a function for each RPC of its generated definition. An RPC without a
 * handler and a handler without an RPC are compile errors; code that gets past the compiler fails
 * here with a TypeError that names the RPC. RPCs whose request messages may be larger than the limits
 * of the server say (64 KiB, and 1 MiB if they are streamed) are listed in `maxMessageBytes`.
 */
export function service<Definition extends ServiceDefinition>(
  definition: Definition,
  handlers: NoInfer<Handlers<Definition>>,
  maxMessageBytes: { readonly [Name in keyof NoInfer<Definition>['methods']]?: number } = {},
): Service {
  const given: Readonly<Record<string, unknown>> = handlers;
  const names = new Set([...Object.keys(definition.methods), ...Object.keys(given)]);
  for (const name of names) {
    if (!Object.hasOwn(definition.methods, name)) {
      throw new TypeError(`service: ${definition.fullName} has no RPC ${name}`);
    }
    if (typeof given[name] !== 'function') {
      throw new TypeError(`service: ${definition.fullName} needs a handler for ${name}`);
    }
  }
  return { definition, handlers: given, maxMessageBytes };
}
