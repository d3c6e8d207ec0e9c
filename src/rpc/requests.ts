import { undecodable } from './decode.js';
import type { Method } from './method.js';
import type { ServerCall } from './server-call.js';
import type { Wire } from './wire.js';

/** How much of a stream is read before the handler asks for it. */
const READ_AHEAD_BYTES = 64 * 1024;
const READ_AHEAD_MESSAGES = 256;

/**
 * The requests of a streaming call, in order, to be read once: one by one with `for await`, or in
 * batches. Reading ends one round trip after the client has half-closed. It throws a CallEndedError
 * if the call ends before that, and a PublicError, reason `invalid`, at a request that cannot be
 * decoded. At most about 64 KiB are read before the handler asks for them.
 */
export interface Requests<Req> extends AsyncIterable<Req> {
  /** The requests that have arrived since the last batch; never an empty batch. */
  batches(): AsyncIterable<Req[]>;
  /** The same in wire form, for handlers that need not decode all of them. */
  encodedBatches(): AsyncIterable<Uint8Array[]>;
}

/** Reads the requests of a call from its wire. */
export class RequestReader implements Requests<unknown> {
  readonly #call: ServerCall;
  readonly #wire: Wire;
  readonly #target: Method;
  #arrived: Buffer[] = [];
  #arrivedBytes = 0;
  #reading = false;
  #halfClosed = false;
  #insideMessage = false;
  #wake: (() => void) | undefined;

  constructor(call: ServerCall, wire: Wire, target: Method) {
    this.#call = call;
    this.#wire = wire;
    this.#target = target;
  }

  /** Whether the handler waits for a request, or for the half-close. */
  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  /** How many bytes of requests have arrived and were not taken by the handler. */
  get heldBytes(): number {
    return this.#arrivedBytes;
  }

  onMessage(bytes: Buffer): void {
    this.#reading = false;
    if (this.#call.ended) return;
    this.#arrived.push(bytes);
    this.#arrivedBytes += bytes.length;
    this.#read();
    this.#wake?.();
  }

  onHalfClose(insideMessage: boolean): void {
    this.#halfClosed = true;
    this.#insideMessage = insideMessage;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    for await (const batch of this.batches()) {
      for (const request of batch) {
        this.#call.throwIfAborted();
        yield request;
      }
    }
  }

  batches(): AsyncGenerator<unknown[], void, undefined> {
    return this.#readAll(() => this.#decodeArrived());
  }

  encodedBatches(): AsyncGenerator<Buffer[], void, undefined> {
    return this.#readAll(() => [this.#take()]);
  }

  /** Yields what `takeArrived` makes of the requests whenever some have arrived. */
  async *#readAll<T>(takeArrived: () => Iterable<T>): AsyncGenerator<T, void, undefined> {
    const wake = (): void => this.#wake?.();
    const removeListener = this.#call.onAbort(wake);
    try {
      for (;;) {
        this.#call.throwIfAborted();
        this.#read();
        if (this.#arrived.length > 0) {
          const turn = this.#call.turns.nextPart(this.#call);
          if (turn !== undefined) await turn;
          this.#call.throwIfAborted();
          yield* takeArrived();
        } else if (this.#halfClosed) {
          break;
        } else {
          await this.#arrival();
        }
      }
      await this.#confirmEnd();
    } finally {
      removeListener();
    }
  }

  /** Yields what can be decoded before it throws at what cannot. */
  *#decodeArrived(): Generator<unknown[], void, undefined> {
    const batch: unknown[] = [];
    try {
      for (const bytes of this.#take()) batch.push(this.#target.decode(bytes));
    } catch (error) {
      if (batch.length > 0) yield batch;
      throw error;
    }
    yield batch;
  }

  #take(): Buffer[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#arrivedBytes = 0;
    return arrived;
  }

  #read(): void {
    if (this.#reading || this.#halfClosed) return;
    const { length } = this.#arrived;
    if (length >= READ_AHEAD_MESSAGES || this.#arrivedBytes >= READ_AHEAD_BYTES) return;
    this.#reading = true;
    this.#wire.read();
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** Without its end, a message would be dropped, and what came before would look like everything. */
  async #confirmEnd(): Promise<void> {
    if (this.#insideMessage) throw undecodable('the client half-closed before its end');
    await this.#wire.confirmHalfClose();
    this.#call.throwIfAborted();
  }
}
