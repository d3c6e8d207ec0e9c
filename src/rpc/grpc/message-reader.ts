import { PREFIX_BYTES } from './framed-messages.js';

const EMPTY = Buffer.alloc(0);

/** The message that is next is larger than it may be. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
}

/**
 * Takes the messages of a stream out of its chunks. What it keeps are copies: a chunk is part of
 * 64 KiB that Node has read, and would keep all of them in memory.
 */
export class MessageReader {
  readonly #maxBytes: number;
  #held = EMPTY;
  #start = 0;
  #end = 0;

  /** @param maxBytes how large a message may be, without its prefix */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes have arrived and were not taken. */
  get heldBytes(): number {
    return this.#end - this.#start;
  }

  add(chunk: Buffer): void {
    if (this.#end + chunk.length > this.#held.length) this.#makeRoom(chunk.length);
    this.#end += chunk.copy(this.#held, this.#end);
  }

  /** The next message; undefined if it is not complete. Throws a MessageTooLargeError. */
  next(): Buffer | undefined {
    const start = this.#start + PREFIX_BYTES;
    if (start > this.#end) return undefined;
    const length = this.#held.readUInt32BE(start - 4);
    if (length > this.#maxBytes) {
      // The text of grpc-js.
      throw new MessageTooLargeError(
        `Received message larger than max (${length} vs ${this.#maxBytes})`,
      );
    }
    const end = start + length;
    if (end > this.#end) return undefined;
    const message = this.#held.subarray(start, end);
    this.#start = end;
    if (end === this.#end) this.#clear();
    return message;
  }

  /** Messages that were taken are views, so that a buffer is never written to a second time. */
  #clear(): void {
    this.#held = EMPTY;
    this.#start = this.#end = 0;
  }

  /** At least doubles the room for a message that is not complete, so that it is copied seldom. */
  #makeRoom(bytes: number): void {
    const kept = this.heldBytes;
    const room = Buffer.allocUnsafe(kept === 0 ? bytes : Math.max(kept + bytes, 2 * kept));
    this.#held.copy(room, 0, this.#start, this.#end);
    this.#held = room;
    this.#start = 0;
    this.#end = kept;
  }
}
