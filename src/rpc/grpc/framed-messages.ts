/** Compressed flag and length: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export const PREFIX_BYTES = 5;

/**
 * Several messages that grpc-js sends in one write: it takes them for one message, asks for its
 * `byteLength`, and has it copied behind the prefix that it writes itself. This copies all messages
 * with their own prefixes, the first one over that of grpc-js (build/src/server-interceptors.js,
 * `serializeMessage`). A list of people is sent at twice the rate this way.
 */
export class FramedMessages {
  /** Without the prefix that grpc-js adds. */
  readonly byteLength: number;
  readonly #messages: readonly Uint8Array[];

  /** @param messages in wire form, at least one */
  constructor(messages: readonly Uint8Array[]) {
    this.#messages = messages;
    const bytes = messages.reduce((sum, { length }) => sum + PREFIX_BYTES + length, 0);
    this.byteLength = bytes - PREFIX_BYTES;
  }

  /** Writes all messages to the target, from its beginning. */
  copy(target: Buffer): number {
    let at = 0;
    for (const message of this.#messages) {
      target[at] = 0;
      target.writeUInt32BE(message.length, at + 1);
      target.set(message, at + PREFIX_BYTES);
      at += PREFIX_BYTES + message.length;
    }
    return at;
  }
}
