/** One RPC of a server, ready to be called. */
export interface Method {
  /** Whether the proto declares it IDEMPOTENT: its writes take an idempotency key. */
  readonly isIdempotent: boolean;
  /** How large each of its request messages may be, after decompression. */
  readonly maxMessageBytes: number;
  /** The `domain` of ErrorInfo in its errors. */
  readonly errorDomain: string;
  /** Its handler, of the type that its kind asks for. */
  readonly handler: unknown;
  /** Decodes a request message. Throws a PublicError, reason `invalid`. */
  readonly decode: (bytes: Buffer) => unknown;
  /** The wire form of a response, which may be in wire form already. */
  readonly encode: (response: unknown) => Uint8Array;
}
