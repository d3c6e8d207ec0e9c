import { PREFIX_BYTES } from './framed-messages.js';
import { LargeMessage } from './large-message.js';

const EMPTY = Buffer.alloc(0);

/** From so many bytes on, a message that is not complete counts before the next sweep of the calls. */
export const LARGE_PART_BYTES = 16 * 1024;

/** A message of this size is gathered by itself; smaller ones that arrive together are one buffer. */
const LARGE_BYTES = 32 * 1024;

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
  /** The message that is next, if it is large and not complete; all that arrives is part of it first. */
  #large: LargeMessage | undefined;

  /** @param maxBytes how large a message may be, without its prefix */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes have arrived and were not taken. */
  get heldBytes(): number {
    return this.#end - this.#start + (this.#large?.heldBytes ?? 0);
  }

  add(chunk: Buffer): void {
    const taken = this.#large?.add(chunk) ?? 0;
    const { length } = chunk;
    if (taken === length) return;
    const bytes = length - taken;
    if (this.#end + bytes > this.#held.length) this.#makeRoom(bytes);
    this.#end += chunk.copy(this.#held, this.#end, taken);
  }

  /** The next message; undefined if it is not complete. Throws a MessageTooLargeError. */
  next(): Buffer | undefined {
    if (this.#large !== undefined) return this.#nextLarge(this.#large);
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
    if (end > this.#end) {
      if (length >= LARGE_BYTES) this.#beginLarge(start, length);
      return undefined;
    }
    const message = this.#held.subarray(start, end);
    this.#start = end;
    if (end === this.#end) this.#clear();
    return message;
  }

  #beginLarge(start: number, length: number): void {
    this.#large = new LargeMessage(length);
    this.#large.add(this.#held.subarray(start, this.#end));
    this.#clear();
  }

  #nextLarge(large: LargeMessage): Buffer | undefined {
    const message = large.complete();
    if (message !== undefined) this.#large = undefined;
    return message;
  }

  /** Messages that were taken are views, so that a buffer is never written to a second time. */
  #clear(): void {
    this.#held = EMPTY;
    this.#start = this.#end = 0;
  }

  /** At least doubles the room for messages that are not complete, so that they are copied seldom. */
  #makeRoom(bytes: number): void {
    const kept = this.#end - this.#start;
    const room = Buffer.allocUnsafe(kept === 0 ? bytes : Math.max(kept + bytes, 2 * kept));
    this.#held.copy(room, 0, this.#start, this.#end);
    this.#held = room;
    this.#start = 0;
    this.#end = kept;
  }
}
