import type { CallPlan } from './call-plan.js';
import { withStackOf } from './caller-stack.js';
import { pieceOf, sizeOf, type RequestPiece } from './request-piece.js';
import type { WireCall } from './wire-call.js';

/** A request stream that is longer than this is not kept for another attempt. */
const MAX_REPLAY_BYTES = 32 * 1024 * 1024;

/** The messages of a call, and how to send them. */
export interface RequestSource {
  readonly messages: Iterable<unknown> | AsyncIterable<unknown>;
  /** Encodes the message with that index, from 0. */
  readonly encode: (message: unknown, index: number) => Buffer;
  /** How many pieces may be on their way to the socket. */
  readonly window: number;
  /** Smaller messages are joined until they have this many bytes; 0: each is sent alone. */
  readonly pieceBytes: number;
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
    pieceBytes: context.pieceBytes,
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
  /** Messages that have been pulled and not been sent. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #sendsSoon = false;
  #mustSend = false;
  #sent: RequestPiece[] | undefined;
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
    this.#gathered = [];
    if (this.#stopped) return;
    this.#stopped = true;
    if (!this.#exhausted) void this.#returnSource();
  }

  #pump(): void {
    // Until the first piece is written, grpc-js buffers only one.
    while (this.#call && this.#inFlight < (this.#opened ? this.#source.window : 1)) {
      const kept = this.#sent?.[this.#position];
      if (kept !== undefined) {
        this.#position += 1;
        this.#write(kept);
      } else if (this.#wantsMore() && this.#pull()) {
        continue;
      } else if (this.#gathered.length > 0) {
        if (this.#pulling && this.#wantsMore() && !this.#mustSend) {
          this.#sendSoon();
          return;
        }
        this.#sendGathered();
      } else {
        // A half-close would overtake messages that grpc-js has not written yet.
        if (this.#exhausted && this.#inFlight === 0) this.#halfClose();
        return;
      }
    }
  }

  #wantsMore(): boolean {
    if (this.#exhausted) return false;
    return this.#gathered.length === 0 || this.#gatheredBytes < this.#source.pieceBytes;
  }

  /** Sends what has been gathered when the source has nothing more without waiting. */
  #sendSoon(): void {
    if (this.#sendsSoon) return;
    this.#sendsSoon = true;
    // Unlike a microtask, this comes after what an async generator yields without waiting.
    process.nextTick(() => {
      this.#sendsSoon = false;
      this.#mustSend = true;
      this.#pump();
      this.#mustSend = false;
    });
  }

  #sendGathered(): void {
    const { pieceBytes } = this.#source;
    const messages = this.#gathered;
    const last = messages.at(-1);
    // A large message would gain nothing, and the piece might become larger than a message may be.
    const isAlone = messages.length > 1 && last !== undefined && last.length >= pieceBytes;
    this.#gathered = isAlone ? [last] : [];
    this.#gatheredBytes = isAlone ? sizeOf(last) : 0;
    const piece = pieceOf(isAlone ? messages.slice(0, -1) : messages);
    this.#keep(piece);
    this.#write(piece);
  }

  #halfClose(): void {
    const call = this.#call;
    this.#call = undefined;
    call?.halfClose();
  }

  /** Gathers the next message of the source; false if it is not there yet, or there is none. */
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
    try {
      const bytes = this.#source.encode(pulled.value, this.#pulled);
      this.#pulled += 1;
      this.#gathered.push(bytes);
      this.#gatheredBytes += sizeOf(bytes);
    } catch (error) {
      this.#source.onError(error);
      return false;
    }
    return true;
  }

  #keep(piece: RequestPiece): void {
    if (this.#sent === undefined) return;
    this.#sent.push(piece);
    this.#sentBytes += piece.length;
    this.#position += 1;
    if (this.#sentBytes > MAX_REPLAY_BYTES) this.#sent = undefined;
  }

  #write(piece: RequestPiece): void {
    if (this.#call === undefined) return;
    this.#inFlight += 1;
    this.#call.sendMessageWithContext({ callback: this.#onWritten }, piece as Buffer);
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
