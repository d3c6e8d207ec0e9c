import { withStackOf } from './caller-stack.js';
import type { CallPlan } from './call-plan.js';
import type { WireCall } from './wire-call.js';

/** A request stream that is longer than this is not kept for another attempt. */
const MAX_REPLAY_BYTES = 32 * 1024 * 1024;

/** The messages of a call, and how to send them. */
export interface RequestSource {
  readonly messages: Iterable<unknown> | AsyncIterable<unknown>;
  /** Encodes the message with that index, from 0. */
  readonly encode: (message: unknown, index: number) => Buffer;
  /** How many messages may be on their way to the socket. */
  readonly window: number;
  /** Keep sent messages for another attempt. */
  readonly keep: boolean;
  /** Called with the error of the source, or of a message that cannot be encoded. */
  readonly onError: (error: unknown) => void;
}

/** Makes the writer of a call. Throws a TypeError if the messages are not iterable. */
export function writerFor(
  { method, context, caller }: CallPlan,
  messages: Iterable<unknown> | AsyncIterable<unknown>,
  onError: (error: unknown) => void,
): RequestWriter {
  if (!isIterable(messages)) {
    throw new TypeError(`${method.name}: the requests must be an array or another iterable`);
  }
  const keep =
    method.retrySafety !== 'never' && !method.responseStream && context.retry.maxAttempts > 1;
  return new RequestWriter({
    messages,
    encode: (message, index) => {
      try {
        return method.encode(message, index);
      } catch (error) {
        throw withStackOf(caller, error);
      }
    },
    window: context.sendWindow,
    keep,
    onError,
  });
}

type Pulled = IteratorResult<unknown, unknown>;

/** Sends the messages of an iterable, which is read no faster than the socket accepts them. */
export class RequestWriter {
  readonly #source: RequestSource;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  #call: WireCall | undefined;
  #onWritten: () => void = () => undefined;
  #inFlight = 0;
  #opened = false;
  #pulling = false;
  #pulled = 0;
  #exhausted = false;
  #stopped = false;
  #sent: Buffer[] | undefined;
  #sentBytes = 0;
  #position = 0;

  constructor(source: RequestSource) {
    this.#source = source;
    this.#sent = source.keep ? [] : undefined;
  }

  /** Whether everything sent so far can be sent again. */
  get canRestart(): boolean {
    return this.#sent !== undefined || this.#iterator === undefined;
  }

  /** Sends to this call: first the messages that an earlier one got, then the rest of the source. */
  attach(call: WireCall): void {
    this.#call = call;
    this.#position = 0;
    this.#inFlight = 0;
    this.#opened = false;
    this.#onWritten = () => {
      if (this.#call !== call) return;
      this.#inFlight -= 1;
      this.#opened = true;
      this.#pump();
    };
    this.#pump();
  }

  /** Ends the attempt. The source waits for the next one. */
  detach(): void {
    this.#call = undefined;
  }

  /** Ends the call: nothing more is sent, and `return()` of the source is called. */
  stop(): void {
    this.#call = undefined;
    this.#sent = undefined;
    if (this.#stopped) return;
    this.#stopped = true;
    if (!this.#exhausted) void this.#returnSource();
  }

  #pump(): void {
    // Until the first message is written, grpc-js buffers only one.
    while (this.#call && this.#inFlight < (this.#opened ? this.#source.window : 1)) {
      const kept = this.#sent?.[this.#position];
      if (kept !== undefined) {
        this.#position += 1;
        this.#write(kept);
      } else if (this.#exhausted) {
        // A half-close would overtake messages that grpc-js has not written yet.
        if (this.#inFlight === 0) this.#halfClose();
        return;
      } else if (!this.#pull()) {
        return;
      }
    }
  }

  #halfClose(): void {
    const call = this.#call;
    this.#call = undefined;
    call?.halfClose();
  }

  /** Sends the next message of the source; false if it is not there yet, or there is none. */
  #pull(): boolean {
    if (this.#pulling) return false;
    let pulled;
    try {
      this.#iterator ??= iteratorOf(this.#source.messages);
      pulled = this.#iterator.next();
    } catch (error) {
      return this.#sourceFailed(error);
    }
    if (!isThenable(pulled)) return this.#accept(pulled);
    this.#pulling = true;
    void this.#acceptLater(pulled);
    return false;
  }

  async #acceptLater(later: PromiseLike<Pulled>): Promise<void> {
    let pulled;
    try {
      pulled = await later;
    } catch (error) {
      this.#sourceFailed(error);
      return;
    } finally {
      this.#pulling = false;
    }
    if (!this.#stopped && this.#accept(pulled)) this.#pump();
  }

  #sourceFailed(error: unknown): false {
    this.#exhausted = true;
    if (!this.#stopped) this.#source.onError(error);
    return false;
  }

  #accept(pulled: Pulled): boolean {
    if (pulled.done === true) {
      this.#exhausted = true;
      return true;
    }
    let bytes;
    try {
      bytes = this.#source.encode(pulled.value, this.#pulled);
      this.#pulled += 1;
    } catch (error) {
      this.#source.onError(error);
      return false;
    }
    this.#keep(bytes);
    this.#write(bytes);
    return true;
  }

  #keep(bytes: Buffer): void {
    if (this.#sent === undefined) return;
    this.#sent.push(bytes);
    this.#sentBytes += bytes.length;
    if (this.#call === undefined) return;
    this.#position += 1;
    if (this.#sentBytes > MAX_REPLAY_BYTES) this.#sent = undefined;
  }

  #write(bytes: Buffer): void {
    if (this.#call === undefined) return;
    this.#inFlight += 1;
    this.#call.sendMessageWithContext({ callback: this.#onWritten }, bytes);
  }

  async #returnSource(): Promise<void> {
    try {
      await this.#iterator?.return?.();
    } catch {
      // The call has already ended, so there is no way left to report this error.
    }
  }
}

function iteratorOf(
  messages: Iterable<unknown> | AsyncIterable<unknown>,
): Iterator<unknown> | AsyncIterator<unknown> {
  return Symbol.asyncIterator in messages
    ? messages[Symbol.asyncIterator]()
    : messages[Symbol.iterator]();
}

function isThenable(value: object): value is PromiseLike<Pulled> {
  return 'then' in value && typeof value.then === 'function';
}

/** Whether the value can be read as a stream of requests. */
export function isIterable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
