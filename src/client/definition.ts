import type Long from 'long';

/** The functions that ts-proto generates for a message, as far as the client needs them. */
export interface MessageType {
  encode(message: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  fromPartial(partial: never): unknown;
  fromJSON?(object: unknown): unknown;
}

/** One RPC of a generated service definition. */
export interface MethodDefinition {
  readonly name: string;
  readonly requestType: MessageType;
  readonly requestStream: boolean;
  readonly responseType: MessageType;
  readonly responseStream: boolean;
  /** Carries the proto's `option idempotency_level`, if it has one. */
  readonly options: object;
}

/** A service as ts-proto generates it with `outputServices=generic-definitions`. */
export interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

type Builtin = string | number | boolean | bigint | Date | Uint8Array | undefined | null;

/** A request as a caller may write it: a field that is left out or undefined has its default. */
export type PartialMessage<T> = T extends Builtin
  ? T
  : T extends Long
    ? string | number | Long
    : T extends readonly (infer Item)[]
      ? readonly PartialMessage<Item>[]
      : T extends { $case: infer Case; value: infer Value }
        ? { readonly $case: Case; readonly value?: PartialMessage<Value> | undefined }
        : { readonly [Key in keyof T]?: PartialMessage<T[Key]> | undefined };

/** The message that a generated type decodes. */
export type MessageOf<Type extends MessageType> = ReturnType<Type['decode']>;

/** Messages to send, in order. They are read no faster than the server accepts them. */
export type RequestStream<T> =
  // Arrays come first so that the compiler reports an invalid field of one, not the iterables.
  readonly PartialMessage<T>[] | Iterable<PartialMessage<T>> | AsyncIterable<PartialMessage<T>>;

/**
 * The messages of a response, in order. The call begins with the first `next()`; leaving the loop
 * early cancels it. A stream can be read only once.
 */
export interface ResponseStream<T> extends AsyncIterable<T> {
  /** Rejects with an RpcError when the call fails, after the messages that came before. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Cancels the call if it has not ended. */
  return(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): this;
  [Symbol.asyncDispose](): Promise<void>;
}
