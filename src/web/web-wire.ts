import { Code as ConnectCode, ConnectError } from '@connectrpc/connect';
import type { Registry } from '@bufbuild/protobuf';
import { confirmHalfClose } from '../rpc/grpc/half-close.js';
import {
  Code,
  plainStatus,
  undecodable,
  type CallStatus,
  type Connection,
  type ServerCall,
  type Wire,
} from '../rpc/index.js';
import {
  abandon,
  connectionOf,
  sessionOf,
  type HttpRequest,
  type HttpResponse,
} from './http-exchange.js';
import { codeOf, errorOf } from './web-status.js';

/** How many bytes and messages are passed on in one part; making JSON of so many takes up to 2 ms. */
const PART_BYTES = 32 * 1024;
const PART_MESSAGES = 250;

/**
 * Carries a call between the dispatcher and the library, which reads and writes the bodies: requests
 * are pulled from it when they are wanted, responses are pulled by it.
 */
export class WebWire implements Wire {
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #registry: Registry;
  #call: ServerCall | undefined;
  #wanted = false;
  #wake: (() => void) | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #roomBytes = 0;
  #full = false;
  #status: CallStatus | undefined;
  #wakeResponses: (() => void) | undefined;
  #flushed: (() => void) | undefined;
  #ended: (() => void) | undefined;

  constructor(request: HttpRequest, response: HttpResponse, registry: Registry) {
    this.#request = request;
    this.#response = response;
    this.#registry = registry;
  }

  /** Must come before anything else. */
  attach(call: ServerCall): void {
    this.#call = call;
    this.#response.once('close', () => {
      if (this.#status !== undefined) return;
      call.onCancel();
      this.#finish({ code: Code.CANCELLED, details: '', trailers: {} });
    });
  }

  /** Whether its status is decided. */
  get hasEnded(): boolean {
    return this.#status !== undefined;
  }

  /** The error that it has ended with; undefined if it has not, or with OK. */
  get error(): ConnectError | undefined {
    if (this.#status === undefined || this.#status.code === Code.OK) return undefined;
    return errorOf(this.#status, this.#registry);
  }

  get connection(): Connection | undefined {
    return connectionOf(this.#request);
  }

  /** Calls the listener when the status is decided, or now; there is one listener at a time. */
  onceEnded(listener: () => void): void {
    if (this.#status === undefined) this.#ended = listener;
    else listener();
  }

  /** Resolves with true once a message is wanted, with false if the call has ended before. */
  async isWanted(): Promise<boolean> {
    while (!this.#wanted && this.#status === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#status === undefined;
  }

  /** Passes the requests on, each once it is wanted, then the half-close. Never rejects. */
  async takeAll(requests: AsyncIterator<Uint8Array>): Promise<void> {
    try {
      while (await this.isWanted()) {
        const next = await requests.next();
        if (this.hasEnded) break;
        if (next.done === true) {
          this.#call?.onHalfClose(false);
          return;
        }
        this.#take(next.value);
      }
    } catch (error) {
      this.fail(error);
    }
    requests.return?.().catch(() => undefined);
  }

  /** Passes the only request on, and the half-close. */
  takeOnly(request: Uint8Array): void {
    this.#take(request);
    if (!this.hasEnded) this.#call?.onHalfClose(false);
  }

  /** Passes on the message that was wanted. */
  #take(bytes: Uint8Array): void {
    const { maxMessageBytes = 0 } = this.#call ?? {};
    if (bytes.length > maxMessageBytes) {
      const text = `a request message has ${bytes.length} bytes, and ${maxMessageBytes} are allowed`;
      this.fail(new ConnectError(text, ConnectCode.ResourceExhausted));
      return;
    }
    this.#wanted = false;
    this.#call?.onMessage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** Ends the call with what the library has thrown while it read the request. */
  fail(error: unknown): void {
    const call = this.#call;
    if (call === undefined || this.hasEnded) return;
    if (!(error instanceof ConnectError)) {
      if (this.#response.destroyed || this.#request.destroyed) call.onCancel();
      else call.fail(error);
      return;
    }
    const why = undecodableReason(error);
    if (why !== undefined) call.fail(undecodable(why));
    else call.finish(plainStatus(codeOf(error), error.rawMessage, call.requestId));
  }

  /** The responses, as they come; throws the error that the call ends with. */
  async *responses(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const page of this.pages()) yield* page;
  }

  /** As responses(), with several of those that wait in an array, each when it is their turn. */
  async *pages(): AsyncGenerator<readonly Uint8Array[], void, undefined> {
    for (;;) {
      if (this.#waiting.length > 0) {
        const turn = this.#turn();
        if (turn !== undefined) await turn;
        const page = this.#takePart();
        if (page.length === 0) continue;
        yield page;
        this.#waitingBytes -= sizeOf(page);
        this.#resume();
      } else if (this.#status !== undefined) {
        const { error } = this;
        if (error !== undefined) throw error;
        return;
      } else {
        this.#flushed?.();
        await new Promise<void>((resolve) => (this.#wakeResponses = resolve));
      }
    }
  }

  #turn(): Promise<void> | undefined {
    const call = this.#call;
    return call === undefined || call.isUnary ? undefined : call.turns.nextPart(call);
  }

  #takePart(): Uint8Array[] {
    let count = 0;
    for (let bytes = 0; count < PART_MESSAGES && bytes < PART_BYTES; count += 1) {
      const message = this.#waiting[count];
      if (message === undefined) break;
      bytes += message.length;
    }
    return this.#waiting.splice(0, count);
  }

  #resume(): void {
    if (!this.#full || this.#waitingBytes > this.#roomBytes / 2) return;
    this.#full = false;
    this.#call?.onDrain();
  }

  read(): void {
    this.#wanted = true;
    this.#wake?.();
  }

  send(messages: readonly Uint8Array[], roomBytes: number): boolean {
    this.#waiting.push(...messages);
    this.#waitingBytes += sizeOf(messages);
    this.#wakeResponses?.();
    this.#roomBytes = roomBytes;
    this.#full = this.#waitingBytes > roomBytes;
    return !this.#full;
  }

  respond(message: Uint8Array, status: CallStatus): void {
    this.send([message], Infinity);
    this.end(status);
  }

  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#flushed = resolve;
      this.#wakeResponses?.();
    });
  }

  end(status: CallStatus): void {
    if (this.#status === undefined) this.#finish(status);
  }

  #finish(status: CallStatus): void {
    this.#status = status;
    this.#wake?.();
    this.#wakeResponses?.();
    this.#ended?.();
  }

  /** HTTP/1.1 says where a request ends, and a client that cancels closes its connection before that. */
  confirmHalfClose(): Promise<void> {
    const session = sessionOf(this.#request);
    return session === undefined ? Promise.resolve() : confirmHalfClose(session);
  }

  reset(): void {
    this.#waiting = [];
    this.#finish({ code: Code.CANCELLED, details: '', trailers: {} });
    abandon(this.#response);
  }

  get heldBytes(): number {
    return this.#waitingBytes + this.#response.writableLength;
  }
}

function sizeOf(messages: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const { length } of messages) bytes += length;
  return bytes;
}

/** Why a request could not be decoded; undefined if the error is another one. */
function undecodableReason({ rawMessage }: ConnectError): string | undefined {
  if (rawMessage.startsWith('parse binary: ')) return 'it is malformed';
  const fault = /^cannot decode (.*?) from JSON:? ([^]*)$/.exec(rawMessage);
  return fault === null ? undefined : `${fault[1] ?? ''}: ${fault[2] ?? ''}`;
}
