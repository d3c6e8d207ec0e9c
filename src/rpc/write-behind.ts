import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

type NextCall = Parameters<ServerInterceptor>[1];
type Listener = Parameters<NextCall['start']>[0];

/** How much of one stream may be on its way before the writer has to wait. */
export interface WriteBehindLimits {
  /** Messages under way at once. Default 512. */
  readonly messages?: number;
  /** Bytes under way at once, as far as messages come in wire form. Default 256 KiB. */
  readonly bytes?: number;
}

/**
 * The interceptor that makes streams of answers fast. grpc-js takes the next message of a stream only
 * when the write before is through, so that each costs a write of its own; this takes the next at
 * once while few enough are under way, and Node sends them together. A client that does not read
 * still stops the writer. Methods with one answer are left alone: an intercepted unary call costs a
 * third more.
 */
export function writeBehind({
  messages = 512,
  bytes = 256 * 1024,
}: WriteBehindLimits = {}): ServerInterceptor {
  return (method, call) =>
    method.responseStream
      ? new WriteBehindCall(call, messages, bytes)
      : // What grpc-js passes down has all that an intercepting call has.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
        (call as ServerInterceptingCall);
}

class WriteBehindCall extends ServerInterceptingCall {
  private readonly next: NextCall;
  private readonly maxMessages: number;
  private readonly maxBytes: number;
  private messages = 0;
  private bytes = 0;
  private started = false;
  private held: (() => void) | undefined;

  constructor(next: NextCall, maxMessages: number, maxBytes: number) {
    super(next);
    this.next = next;
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
  }

  // Straight through: the way of the base class costs a closure a message.
  override start(listener: Listener): void {
    this.next.start(listener);
  }

  override sendMetadata(metadata: Parameters<NextCall['sendMetadata']>[0]): void {
    this.next.sendMetadata(metadata);
  }

  override sendStatus(status: Parameters<NextCall['sendStatus']>[0]): void {
    this.next.sendStatus(status);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    const size = message instanceof Uint8Array ? message.length : 0;
    this.messages += 1;
    this.bytes += size;
    // Whoever sends takes one message at a time, so at most one callback is ever held.
    const early = this.started && this.hasRoom();
    if (!early) this.held = callback;
    this.next.sendMessage(message, () => {
      this.written(size);
    });
    if (early) callback();
  }

  private hasRoom(): boolean {
    return this.messages < this.maxMessages && this.bytes < this.maxBytes;
  }

  private written(size: number): void {
    // The first message travels with the headers: until it is through, a second could overtake it.
    this.started = true;
    this.messages -= 1;
    this.bytes -= size;
    if (this.held === undefined || !this.hasRoom()) return;
    const { held } = this;
    this.held = undefined;
    held();
  }
}
