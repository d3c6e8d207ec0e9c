/** What one write to a call sends: a message, or several as if they were one. */
export type RequestPiece = Pick<Buffer, 'length' | 'copy'>;

// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: compressed flag, length, message
const PREFIX_BYTES = 5;

/** How many bytes a message takes in a piece. */
export function sizeOf(message: Buffer): number {
  return PREFIX_BYTES + message.length;
}

/** Joins messages, at least one, into a piece. */
export function pieceOf(messages: readonly Buffer[]): RequestPiece {
  const [first] = messages;
  return messages.length === 1 && first ? first : new JoinedMessages(messages);
}

/**
 * Several messages that grpc-js sends in one write: it takes them for one message, asks for its
 * `length`, and has it copied behind the prefix that it writes itself. This copies all messages with
 * their own prefixes, the first one over that of grpc-js (build/src/compression-filter.js,
 * `IdentityHandler`). A write of grpc-js costs several times what a small message does.
 */
class JoinedMessages {
  /** Without the prefix that grpc-js adds. */
  readonly length: number;
  readonly #frames: Buffer;

  constructor(messages: readonly Buffer[]) {
    const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0);
    // One buffer, because the messages may have to be kept for a retry.
    this.#frames = Buffer.allocUnsafeSlow(bytes);
    let at = 0;
    for (const message of messages) {
      this.#frames[at] = 0;
      this.#frames.writeUInt32BE(message.length, at + 1);
      this.#frames.set(message, at + PREFIX_BYTES);
      at += sizeOf(message);
    }
    this.length = bytes - PREFIX_BYTES;
  }

  /** Writes all messages to the target, from its beginning. */
  copy(target: Uint8Array): number {
    return this.#frames.copy(target);
  }
}
