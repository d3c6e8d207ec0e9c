import type { CallStatus } from './call.js';
import type { Connection } from './connection.js';

/**
 * What carries one call: an HTTP/2 stream, with grpc-js or without it (rpc/grpc/), or nothing at all.
 * It reports to its ServerCall: `onMessage` for each message that was requested, `onHalfClose` after
 * the last one, `onCancel` when the client is gone, `onDrain` when there is room again.
 */
export interface Wire {
  /** The connection that carries the call, if it came on one that is still known. */
  readonly connection?: Connection | undefined;
  /** Requests the next message or the half-close. Not called again before that has arrived. */
  read(): void;
  /**
   * Sends response messages, at least one, in order. False if the client reads more slowly than they
   * are sent, so that about `roomBytes` or more are unsent: the caller should then wait for `onDrain`.
   */
  send(messages: readonly Uint8Array[], roomBytes: number): boolean;
  /** Sends the only response message of a call, and the status. */
  respond(message: Uint8Array, status: CallStatus): void;
  /** Resolves when everything sent has left for the client; never, if the client goes away. */
  flush(): Promise<void>;
  /** Sends the status after all messages. Does nothing if the client is gone. */
  end(status: CallStatus): void;
  /**
   * Resolves once a cancel that the client sent together with its half-close must have arrived.
   * Until then the half-close does not prove that the client wants its requests acted on.
   */
  confirmHalfClose(): Promise<void>;
  /** Resets the stream: nothing more is sent or received, and what was waiting is dropped. */
  reset(): void;
  /** How many bytes of requests and responses wait in it. */
  readonly heldBytes: number;
}
