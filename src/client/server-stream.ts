import { status } from '@grpc/grpc-js';
import type { ResponseStream } from './definition.js';
import { Exchange, type CallPlan, type WireCall } from './exchange.js';
import { writerFor, type RequestWriter } from './request-writer.js';

/** Reads the messages of an answer; the call begins with the first `next()`. */
export function callServerStream(plan: CallPlan, request: unknown): ResponseStream<unknown> {
  return new ServerStreamExchange(plan, plan.method.encode(request));
}

/** Sends the messages of an iterable while reading those of the answer. */
export function callBidiStream(
  plan: CallPlan,
  messages: Iterable<unknown> | AsyncIterable<unknown>,
): ResponseStream<unknown> {
  return new BidiStreamExchange(plan, messages);
}

/** Beyond so many bytes that nobody has taken yet, the server is not read. */
const READ_AHEAD_BYTES = 64 * 1024;

/** What an empty message counts for. */
const MESSAGE_OVERHEAD_BYTES = 64;

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorResult<unknown, undefined> = { done: true, value: undefined };

/**
 * A call whose answer is a stream. Messages that have arrived are handed out without waiting;
 * a Readable of Node in between would cost more than the message itself.
 */
abstract class StreamExchange extends Exchange implements ResponseStream<unknown> {
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
    this.abandon(this.error(status.CANCELLED, 'the reader left'));
    this.#forget();
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

  protected prepareRepeat(): boolean {
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
    this.#forget();
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
      const error = this.error(status.INTERNAL, 'a message cannot be read', undefined, cause);
      this.#forget();
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

  #forget(): void {
    this.#arrived = [];
    this.#taken = 0;
    this.#arrivedBytes = 0;
  }
}

class ServerStreamExchange extends StreamExchange {
  readonly #body: Buffer;

  constructor(plan: CallPlan, body: Buffer) {
    super(plan);
    this.#body = body;
  }

  protected override send(call: WireCall): void {
    super.send(call);
    call.sendMessageWithContext({}, this.#body);
    call.halfClose();
  }
}

class BidiStreamExchange extends StreamExchange {
  readonly #writer: RequestWriter;

  constructor(plan: CallPlan, messages: Iterable<unknown> | AsyncIterable<unknown>) {
    super(plan);
    this.#writer = writerFor(plan, messages, (error) => {
      this.abandon(error);
    });
  }

  protected override send(call: WireCall): void {
    super.send(call);
    this.#writer.attach(call);
  }

  // What was sent is not kept: a stream may be endless.
  protected override prepareRepeat(): boolean {
    return false;
  }

  protected override completed(): void {
    this.#writer.stop();
    super.completed();
  }

  protected override failed(error: unknown): void {
    this.#writer.stop();
    super.failed(error);
  }
}
