import { withStackOf } from './caller-stack.js';
import type { CallPlan, WireCall } from './exchange.js';

/** Beyond so many bytes a request stream is not kept for another attempt. */
const REPLAY_BYTES = 32 * 1024 * 1024;

/** What the writer needs of its call. */
export interface RequestSource {
  readonly messages: Iterable<unknown> | AsyncIterable<unknown>;
  readonly encode: (message: unknown) => Buffer;
  /** How many messages may be on their way to the socket. */
  readonly window: number;
  /** Keep what was sent, for another attempt. */
  readonly keep: boolean;
  /** Told the error of the source, or of a message that cannot be encoded. */
  readonly onError: (error: unknown) => void;
}

/** The writer of a call; throws a TypeError if the messages are not iterable. */
export function writerFor(
  { method, context, caller }: CallPlan,
  messages: Iterable<unknown> | AsyncIterable<unknown>,
  onError: (error: unknown) => void,
): RequestWriter {
  if (!isIterable(messages)) {
    throw new TypeError(`${method.name}: the requests must be an array or another iterable`);
  }
  const keep = method.repeat !== 'never' && !method.responseStream && context.retry.maxAttempts > 1;
  return new RequestWriter({
    messages,
    encode: (message) => {
      try {
        return method.encode(message);
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

/** Sends the messages of an iterable, which is read no faster than the socket takes them. */
export class RequestWriter {
  readonly #source: RequestSource;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  #call: WireCall | undefined;
  #onWritten: () => void = () => undefined;
  #inFlight = 0;
  #opened = false;
  #pulling = false;
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

  /** Sends on this call: first what an earlier one was sent, then the rest of the source. */
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

  /** The attempt is over; the source waits for the next one. */
  detach(): void {
    this.#call = undefined;
  }

  /** The call is over: nothing more is sent, and the source is told to return. */
  stop(): void {
    this.#call = undefined;
    this.#sent = undefined;
    if (this.#stopped) return;
    this.#stopped = true;
    if (!this.#exhausted) void this.#returnSource();
  }

  #pump(): void {
    // Until the first message is written, grpc-js has room for one only.
    while (this.#call && this.#inFlight < (this.#opened ? this.#source.window : 1)) {
      const again = this.#sent?.[this.#position];
      if (again !== undefined) {
        this.#position += 1;
        this.#write(again);
      } else if (this.#exhausted) {
        // A half-close overtakes the messages that grpc-js still has on their way.
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

  /** Takes the next message of the source; false if it will come later, or never. */
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
      bytes = this.#source.encode(pulled.value);
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
    if (this.#sentBytes > REPLAY_BYTES) this.#sent = undefined;
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
      // The call has its outcome already; what the source says on its way out comes too late.
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

function isIterable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
