import { constants, type ServerHttp2Stream } from 'node:http2';
import { Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { CallStatus, Trailers } from '../call.js';
import { Code } from '../code.js';
import type { Connection } from '../connection.js';
import type { Dispatcher } from '../dispatcher.js';
import type { CallInit, ServerCall } from '../server-call.js';
import type { Wire } from '../wire.js';
import { FramedMessages } from './framed-messages.js';
import { clientOf } from './grpc-connection.js';
import {
  http2StreamOf,
  isInsideMessage,
  isCompressed,
  limitMessages,
  onReceived,
  replaceDecompression,
  unfinishedBytes,
} from './grpc-js-internals.js';
import { confirmHalfClose } from './half-close.js';
import { MessageInflater } from './message-inflater.js';
import { LARGE_PART_BYTES } from './message-reader.js';
import { UnsentWrites } from './unsent-writes.js';

type GrpcCall = Parameters<ServerInterceptor>[1];

const CODES = new Map<number, Code>(
  Object.values(Code).flatMap((code) => (typeof code === 'number' ? [[code, code]] : [])),
);

/** What Node's types say is always defined. */
type SentHeaders = Partial<Pick<ServerHttp2Stream, 'sentHeaders' | 'sentTrailers'>>;

/**
 * The interceptor that hands every call of a grpc-js server to the dispatcher.
 * @param initOf what is known of the call on a stream
 */
export function dispatchTo(
  dispatcher: Dispatcher,
  initOf: (stream: ServerHttp2Stream) => CallInit,
): ServerInterceptor {
  return (_method, call) => {
    const stream = http2StreamOf(call);
    return new GrpcWire(call, stream, initOf(stream), dispatcher);
  };
}

/**
 * Carries a call over grpc-js: below its handlers and their Node streams, which cost a call more
 * than this server's own work does. The message bytes are passed through unchanged. grpc-js's own
 * handler calls `start` and nothing else, because its listener is never called.
 */
class GrpcWire extends ServerInterceptingCall implements Wire {
  readonly #grpcCall: GrpcCall;
  readonly #stream: ServerHttp2Stream;
  readonly #init: CallInit;
  readonly #dispatcher: Dispatcher;
  #call: ServerCall | undefined;
  #inflater: MessageInflater | undefined;
  #halfClosed = false;
  #requesting = false;
  #requestAgain = false;
  #unsent: UnsentWrites | undefined;

  constructor(
    grpcCall: GrpcCall,
    stream: ServerHttp2Stream,
    init: CallInit,
    dispatcher: Dispatcher,
  ) {
    super(grpcCall);
    this.#grpcCall = grpcCall;
    this.#stream = stream;
    this.#init = init;
    this.#dispatcher = dispatcher;
  }

  get connection(): Connection | undefined {
    const { session } = this.#stream;
    return session === undefined ? undefined : clientOf(session).connection;
  }

  override start(): void {
    this.#grpcCall.start(this);
  }

  onReceiveMetadata(): void {
    this.#call = this.#dispatcher.open(this, this.#init);
    const { maxMessageBytes } = this.#call;
    limitMessages(this.#grpcCall, maxMessageBytes);
    onReceived(this.#grpcCall, (bytes) => {
      if (unfinishedBytes(this.#grpcCall) > LARGE_PART_BYTES) this.#dispatcher.holdMore(bytes);
    });
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

  send(messages: readonly Uint8Array[], roomBytes: number): boolean {
    // After a message that it refused, grpc-js has ended the stream. A write would lose the status.
    if (this.#stream.writableEnded) return true;
    const unsent = (this.#unsent ??= this.#countUnsent());
    const [first] = messages;
    const isSingle = messages.length === 1 && first !== undefined;
    const sent = isSingle ? asBuffer(first) : new FramedMessages(messages);
    unsent.begin();
    this.#grpcCall.sendMessage(sent, unsent.sent);
    return unsent.hasRoom(roomBytes);
  }

  respond(message: Uint8Array, status: CallStatus): void {
    this.#grpcCall.sendMessage(asBuffer(message), ignore);
    this.end(status);
  }

  flush(): Promise<void> {
    return this.#unsent?.flush() ?? Promise.resolve();
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

  #countUnsent(): UnsentWrites {
    return new UnsentWrites(this.#stream, () => {
      this.#call?.onDrain();
    });
  }

  /** The status that grpc-js has sent by itself: for a message that it refused. */
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
