import { status } from '@grpc/grpc-js';
import type { ResponseStream } from './definition.js';
import { Exchange } from './exchange.js';
import type { WireCall } from './wire-call.js';

/** While this many received bytes are unread, nothing more is read from the server. */
const READ_AHEAD_BYTES = 64 * 1024;

/** How many bytes an empty message counts as. */
const MESSAGE_OVERHEAD_BYTES = 64;

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorResult<unknown, undefined> = { done: true, value: undefined };

/**
 * A call whose response is a stream: what server-streaming and bidirectional calls share. Received
 * messages are handed out directly; a Readable of Node would cost more than the message itself.
 */
export abstract class StreamedResponseExchange extends Exchange implements ResponseStream<unknown> {
  #begun = false;
  #finished = false;
  #error: { readonly cause: unknown } | undefined;
  #arrived: Buffer[] = [];
  #taken = 0;
  #arrivedBytes = 0;
  #reading = false;
  #received = false;
  #waiters: Waiter[] = [];

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (!this.#begun) {
      this.#begun = true;
      this.begin();
    }
    if (this.#taken < this.#arrived.length) return this.#take();
    if (this.#error) {
      const { cause } = this.#error;
      this.#error = undefined;
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the signal's own reason, or the source's own error
      return Promise.reject(cause);
    }
    if (this.#finished) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#begun = true;
    this.abandon(this.error(status.CANCELLED, 'the response is no longer read'));
    this.#discard();
    this.#error = undefined;
    return Promise.resolve(DONE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  onReceiveMessage(bytes: Buffer): void {
    if (this.ended) return;
    this.#reading = false;
    this.#received = true;
    const waiter = this.#waiters.shift();
    if (waiter) {
      this.#read();
      this.#hand(bytes, waiter);
      return;
    }
    this.#arrived.push(bytes);
    this.#arrivedBytes += bytes.length + MESSAGE_OVERHEAD_BYTES;
    this.#read();
  }

  protected send(call: WireCall): void {
    this.#reading = true;
    call.startRead();
  }

  protected prepareRetry(): boolean {
    return !this.#received;
  }

  protected completed(): void {
    this.#finished = true;
    for (const { resolve } of this.#waiters.splice(0)) resolve(DONE);
  }

  protected failed(error: unknown): void {
    this.#finished = true;
    const [waiter, ...others] = this.#waiters.splice(0);
    if (waiter) waiter.reject(error);
    else this.#error = { cause: error };
    for (const { resolve } of others) resolve(DONE);
  }

  override handleEvent(): void {
    this.#discard();
    super.handleEvent();
  }

  #take(): Promise<IteratorResult<unknown, undefined>> {
    const bytes = this.#arrived[this.#taken] as Buffer;
    this.#taken += 1;
    this.#arrivedBytes -= bytes.length + MESSAGE_OVERHEAD_BYTES;
    if (this.#taken === this.#arrived.length) {
      this.#arrived = [];
      this.#taken = 0;
    }
    if (!this.#reading) this.#read();
    return new Promise((resolve, reject) => {
      this.#hand(bytes, { resolve, reject });
    });
  }

  #hand(bytes: Buffer, { resolve, reject }: Waiter): void {
    try {
      resolve({ done: false, value: this.plan.method.decode(bytes) });
    } catch (cause) {
      const error = this.error(
        status.INTERNAL,
        'a response message cannot be decoded',
        undefined,
        cause,
      );
      this.#discard();
      this.abandon(error);
      this.#error = undefined;
      reject(error);
    }
  }

  #read(): void {
    if (this.call === undefined || this.#arrivedBytes >= READ_AHEAD_BYTES) return;
    this.#reading = true;
    this.call.startRead();
  }

  #discard(): void {
    this.#arrived = [];
    this.#taken = 0;
    this.#arrivedBytes = 0;
  }
}
