import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { RepeatedHeaders } from '../../node-http2-internals.js';
import type { CallStatus } from '../call.js';
import { Code } from '../code.js';
import type { Connection } from '../connection.js';
import type { Dispatcher } from '../dispatcher.js';
import type { CallInit, ServerCall } from '../server-call.js';
import type { Wire } from '../wire.js';
import { FramedMessages, PREFIX_BYTES } from './framed-messages.js';
import { clientOf } from './grpc-connection.js';
import { confirmHalfClose } from './half-close.js';
import { toTrailers } from './http2-headers.js';
import { LARGE_PART_BYTES, MessageReader } from './message-reader.js';
import { UnsentWrites } from './unsent-writes.js';

/** Those of grpc-js. */
const STATUS_HEADERS = { ':status': 200, 'content-type': 'application/grpc+proto' };
const RESPONSE_HEADERS = new RepeatedHeaders({
  ...STATUS_HEADERS,
  'grpc-accept-encoding': 'identity,deflate,gzip',
  'grpc-encoding': 'identity',
});

const WIRE = Symbol('the wire on a stream');

/** The listeners find the wire on the stream, which saves a call five closures. */
type WiredStream = ServerHttp2Stream & { [WIRE]: LeanWire };

/** Answers a call without grpc-js, straight on the HTTP/2 stream that it came on. */
export function carry(stream: ServerHttp2Stream, init: CallInit, dispatcher: Dispatcher): void {
  const wire = new LeanWire(stream as WiredStream, init, dispatcher);
  wire.start(dispatcher);
}

/**
 * Carries a call on an HTTP/2 stream of Node. What its client sees is what it would see of grpc-js,
 * which takes twice as long for a unary call.
 */
class LeanWire implements Wire {
  readonly #stream: WiredStream;
  readonly #dispatcher: Dispatcher;
  readonly #call: ServerCall;
  readonly #reader: MessageReader;
  #unsent: UnsentWrites | undefined;
  #wanted = false;
  #delivering = false;
  #halfClosed = false;
  /** The status that was sent before the call knew of it. */
  #refusedWith: Code | undefined;
  #trailers: OutgoingHttpHeaders | undefined;

  constructor(stream: WiredStream, init: CallInit, dispatcher: Dispatcher) {
    this.#stream = stream;
    stream[WIRE] = this;
    // Whatever breaks the stream also closes it.
    stream.on('error', ignore);
    stream.on('close', onClose);
    // Without messages, it comes before anything is read.
    stream.on('end', onEnd);
    this.#dispatcher = dispatcher;
    this.#call = dispatcher.open(this, init);
    this.#reader = new MessageReader(this.#call.maxMessageBytes);
  }

  start(dispatcher: Dispatcher): void {
    dispatcher.start(this.#call);
  }

  get connection(): Connection | undefined {
    const { session } = this.#stream;
    return session === undefined ? undefined : clientOf(session).connection;
  }

  read(): void {
    this.#wanted = true;
    // A loop instead of recursion: thousands of messages may have arrived.
    if (!this.#delivering) this.#deliver();
  }

  send(messages: readonly Uint8Array[], roomBytes: number): boolean {
    if (this.#isGone || this.#stream.writableEnded) return true;
    this.#respond();
    const unsent = (this.#unsent ??= this.#countUnsent());
    unsent.begin();
    this.#stream.write(framed(messages), unsent.sent);
    return unsent.hasRoom(roomBytes);
  }

  respond(message: Uint8Array, status: CallStatus): void {
    if (this.#isGone) return;
    this.#respond();
    this.#trailers = toTrailers(status);
    this.#stream.end(frameOf(message));
  }

  flush(): Promise<void> {
    return this.#unsent?.flush() ?? Promise.resolve();
  }

  end(status: CallStatus): void {
    const stream = this.#stream;
    if (this.#isGone || this.#trailers !== undefined) return;
    if (stream.headersSent) {
      this.#trailers = toTrailers(status);
      stream.end();
      // What still arrives is dropped: unread, it would take its part of the connection's window.
      stream.resume();
      return;
    }
    stream.respond(toTrailers(status, STATUS_HEADERS), { endStream: true });
    // Otherwise it counts as one of the connection's streams until the client half-closes, too. The
    // rest of a message that was refused is dropped: Node's client would wait until it is sent.
    if (!this.#halfClosed && this.#refusedWith === undefined) {
      stream.close(constants.NGHTTP2_NO_ERROR);
    }
  }

  reset(): void {
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  get heldBytes(): number {
    // What has arrived in part counts twice: Node has read it into buffers of 64 KiB, which are there
    // until they are collected.
    return 2 * this.#reader.heldBytes + this.#stream.writableLength;
  }

  confirmHalfClose(): Promise<void> {
    return confirmHalfClose(this.#stream.session);
  }

  /** A part of the request has arrived. */
  onData(chunk: Buffer): void {
    if (this.#call.ended) return;
    this.#reader.add(chunk);
    this.#deliver();
    if (this.#reader.heldBytes > LARGE_PART_BYTES) this.#dispatcher.holdMore(chunk.length);
    if (!this.#wanted) this.#stream.pause();
  }

  /** The client has half-closed. */
  onEnd(): void {
    this.#halfClosed = true;
    this.#deliver();
  }

  onClose(): void {
    this.#call.onCancel(this.#refusedWith);
  }

  onWantTrailers(): void {
    if (this.#trailers !== undefined) this.#stream.sendTrailers(this.#trailers);
  }

  get #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  #deliver(): void {
    this.#delivering = true;
    while (this.#wanted && !this.#call.ended) {
      const message = this.#nextMessage();
      if (message !== undefined) {
        this.#wanted = false;
        this.#call.onMessage(message);
      } else if (this.#halfClosed) {
        this.#wanted = false;
        this.#call.onHalfClose(this.#reader.heldBytes > 0);
      } else {
        this.#flow();
        break;
      }
    }
    this.#delivering = false;
  }

  #nextMessage(): Buffer | undefined {
    try {
      return this.#reader.next();
    } catch (error) {
      this.#refuse(Code.RESOURCE_EXHAUSTED, (error as Error).message);
      return undefined;
    }
  }

  #flow(): void {
    const stream = this.#stream;
    if (stream.readableFlowing === null) stream.on('data', onData);
    else if (!stream.readableFlowing) stream.resume();
  }

  /** Ends the call as grpc-js does by itself: with a status that has no trailers of ours. */
  #refuse(code: Code, details: string): void {
    this.#refusedWith = code;
    this.end({ code, details, trailers: {} });
    this.#call.onCancel(code);
  }

  #countUnsent(): UnsentWrites {
    return new UnsentWrites(this.#stream, () => {
      this.#call.onDrain();
    });
  }

  #respond(): void {
    const stream = this.#stream;
    if (stream.headersSent) return;
    stream.on('wantTrailers', onWantTrailers);
    RESPONSE_HEADERS.respond(stream);
  }
}

function onData(this: WiredStream, chunk: Buffer): void {
  this[WIRE].onData(chunk);
}

function onEnd(this: WiredStream): void {
  this[WIRE].onEnd();
}

function onClose(this: WiredStream): void {
  this[WIRE].onClose();
}

function onWantTrailers(this: WiredStream): void {
  this[WIRE].onWantTrailers();
}

function ignore(): void {
  // There is nothing left to do.
}

function framed(messages: readonly Uint8Array[]): Buffer {
  const [first] = messages;
  if (messages.length === 1 && first !== undefined) return frameOf(first);
  const frames = new FramedMessages(messages);
  const bytes = Buffer.allocUnsafe(frames.byteLength + PREFIX_BYTES);
  frames.copy(bytes);
  return bytes;
}

function frameOf(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}
