import { constants, type ServerHttp2Stream } from 'node:http2';
import { Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { CallStatus, Trailers } from '../call.js';
import { Code } from '../code.js';
import type { Connection } from '../connection.js';
import type { Dispatcher } from '../dispatcher.js';
import type { ServerCall } from '../server-call.js';
import type { Wire } from '../wire.js';
import { FramedMessages } from './framed-messages.js';
import { connectionOf } from './grpc-connection.js';
import {
  http2StreamOf,
  isInsideMessage,
  isCompressed,
  limitMessages,
  replaceDecompression,
  unfinishedBytes,
} from './grpc-js-internals.js';
import { confirmHalfClose } from './half-close.js';
import { MessageInflater } from './message-inflater.js';

type GrpcCall = Parameters<ServerInterceptor>[1];

/**
 * How much of one stream may be unsent before its writer has to wait. Below that, Node gathers
 * messages into few writes; waiting for each message costs a write per message, a third of the rate.
 */
const MAX_UNSENT_WRITES = 512;
const MAX_UNSENT_BYTES = 256 * 1024;

const CODES = new Map<number, Code>(
  Object.values(Code).flatMap((code) => (typeof code === 'number' ? [[code, code]] : [])),
);

/** What Node's types say is always defined. */
type SentHeaders = Partial<Pick<ServerHttp2Stream, 'sentHeaders' | 'sentTrailers'>>;

/** The interceptor that hands every call of a grpc-js server to the dispatcher. */
export function dispatchTo(dispatcher: Dispatcher): ServerInterceptor {
  return ({ path }, call) => new GrpcWire(call, path, dispatcher);
}

/**
 * Carries a call over grpc-js: below its handlers and their Node streams, which cost a call more
 * than this server's own work does. The message bytes are passed through unchanged. grpc-js's own
 * handler calls `start` and nothing else, because its listener is never called.
 */
class GrpcWire extends ServerInterceptingCall implements Wire {
  readonly #grpcCall: GrpcCall;
  readonly #path: string;
  readonly #dispatcher: Dispatcher;
  readonly #stream: ServerHttp2Stream;
  #onSent: (() => void) | undefined;
  #call: ServerCall | undefined;
  #inflater: MessageInflater | undefined;
  #halfClosed = false;
  #requesting = false;
  #requestAgain = false;
  #unsentWrites = 0;
  #full = false;
  #flushed: (() => void) | undefined;

  constructor(grpcCall: GrpcCall, path: string, dispatcher: Dispatcher) {
    super(grpcCall);
    this.#grpcCall = grpcCall;
    this.#path = path;
    this.#dispatcher = dispatcher;
    this.#stream = http2StreamOf(grpcCall);
  }

  /** Read only by those who need it: most servers never ask who is at the other end. */
  get connection(): Connection | undefined {
    const { session } = this.#stream;
    return session === undefined ? undefined : connectionOf(session);
  }

  override start(): void {
    this.#grpcCall.start(this);
  }

  onReceiveMetadata(metadata: Metadata): void {
    const { remoteAddress, remotePort } = this.#grpcCall.getConnectionInfo();
    this.#call = this.#dispatcher.open(this, {
      path: this.#path,
      headers: metadata.toJSON(),
      peer: `${remoteAddress ?? 'unknown'}:${remotePort ?? 0}`,
      deadlineMs: Number(this.#grpcCall.getDeadline()),
    });
    const { maxMessageBytes } = this.#call;
    limitMessages(this.#grpcCall, maxMessageBytes);
    if (isCompressed(this.#grpcCall)) {
      const inflater = new MessageInflater(maxMessageBytes);
      this.#inflater = inflater;
      replaceDecompression(this.#grpcCall, (...message) => inflater.inflate(...message));
    }
    this.#dispatcher.start(this.#call);
  }

  onReceiveMessage(bytes: Buffer): void {
    this.#call?.onMessage(bytes);
  }

  onReceiveHalfClose(): void {
    this.#halfClosed = true;
    this.#call?.onHalfClose(isInsideMessage(this.#grpcCall));
  }

  onCancel(): void {
    this.#call?.onCancel(this.#sentCode());
  }

  read(): void {
    // grpc-js delivers a message that it already has before startRead returns; a loop instead of
    // recursion keeps thousands of them from overflowing the stack.
    if (this.#requesting) {
      this.#requestAgain = true;
      return;
    }
    this.#requesting = true;
    for (this.#requestAgain = true; this.#takeRequest();) {
      this.#inflater?.next();
      this.#grpcCall.startRead();
    }
    this.#requesting = false;
  }

  #takeRequest(): boolean {
    const again = this.#requestAgain;
    this.#requestAgain = false;
    return again;
  }

  send(messages: readonly Uint8Array[]): boolean {
    // After a deadline, grpc-js has ended the stream. A write after that would lose the status.
    if (this.#stream.writableEnded) return true;
    this.#unsentWrites += 1;
    const [first] = messages;
    const isSingle = messages.length === 1 && first !== undefined;
    const sent = isSingle ? asBuffer(first) : new FramedMessages(messages);
    this.#onSent ??= this.#sentCallback();
    this.#grpcCall.sendMessage(sent, this.#onSent);
    this.#full = !this.#hasRoom();
    return !this.#full;
  }

  respond(message: Uint8Array, status: CallStatus): void {
    this.#grpcCall.sendMessage(asBuffer(message), ignore);
    this.end(status);
  }

  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#unsentWrites === 0) resolve();
      else this.#flushed = resolve;
    });
  }

  end({ code, details, trailers }: CallStatus): void {
    const metadata = toMetadata(trailers);
    const hasSentHeaders = this.#stream.headersSent;
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the same numbers
    this.#grpcCall.sendStatus({ code: code as number, details, metadata });
    // Otherwise it counts as one of the connection's streams until the client half-closes, too.
    if (!hasSentHeaders && !this.#halfClosed) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  reset(): void {
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  get heldBytes(): number {
    return unfinishedBytes(this.#grpcCall) + this.#stream.writableLength;
  }

  confirmHalfClose(): Promise<void> {
    return confirmHalfClose(this.#stream.session);
  }

  /** Returned, not assigned as a literal: V8 of Node 20 would allocate it in the old generation. */
  #sentCallback(): () => void {
    return () => {
      this.#sent();
    };
  }

  #sent(): void {
    this.#unsentWrites -= 1;
    if (this.#unsentWrites === 0) this.#flushed?.();
    if (!this.#full || !this.#hasRoom()) return;
    this.#full = false;
    this.#call?.onDrain();
  }

  #hasRoom(): boolean {
    return this.#unsentWrites < MAX_UNSENT_WRITES && this.#stream.writableLength < MAX_UNSENT_BYTES;
  }

  /** The status that grpc-js has sent by itself: for a deadline, or a message that it refused. */
  #sentCode(): Code | undefined {
    const { sentHeaders, sentTrailers } = this.#stream as SentHeaders;
    const sent = sentTrailers?.['grpc-status'] ?? sentHeaders?.['grpc-status'];
    return CODES.get(Number(sent));
  }
}

function ignore(): void {
  // The status follows in any case.
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toMetadata(trailers: Trailers): Metadata | null {
  let metadata: Metadata | null = null;
  for (const [name, value] of Object.entries(trailers)) {
    metadata ??= new Metadata();
    metadata.set(name, value);
  }
  return metadata;
}
