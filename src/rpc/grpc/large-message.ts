const BLOCK_BYTES = 16 * 1024;

/**
 * A large message that arrives in parts. It takes as much memory as has arrived: a buffer that is
 * replaced by one of twice the size, again and again, leaves as much behind as it holds, and a
 * hundred streams whose messages stay incomplete would take twice the bytes that are counted.
 */
export class LargeMessage {
  readonly #length: number;
  readonly #blocks: Buffer[] = [];
  #received = 0;
  /** How much of the last block is filled. */
  #filled = BLOCK_BYTES;

  /** @param length its bytes without the prefix */
  constructor(length: number) {
    this.#length = length;
  }

  /** How many bytes of it have arrived. */
  get heldBytes(): number {
    return this.#received;
  }

  /** Takes what belongs to it from the beginning of a chunk; returns how many bytes. */
  add(chunk: Buffer): number {
    const end = Math.min(chunk.length, this.#length - this.#received);
    let at = 0;
    while (at < end) {
      const copied = chunk.copy(this.#blockWithRoom(), this.#filled, at, end);
      this.#filled += copied;
      at += copied;
    }
    this.#received += end;
    return end;
  }

  /** The message, once all of it has arrived; undefined before. */
  complete(): Buffer | undefined {
    if (this.#received < this.#length) return undefined;
    return Buffer.concat(this.#blocks, this.#length);
  }

  #blockWithRoom(): Buffer {
    const last = this.#blocks.at(-1);
    if (last !== undefined && this.#filled < BLOCK_BYTES) return last;
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    this.#blocks.push(block);
    this.#filled = 0;
    return block;
  }
}
