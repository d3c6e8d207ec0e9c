import type { Metadata } from '@grpc/grpc-js';
import type { CallOptions } from './call-options.js';
import type { Caller } from './caller-stack.js';
import type { LinkedSet } from './linked-set.js';
import type { ClientMiddleware } from './middleware.js';
import type { Method } from './method.js';
import type { RetryPolicy } from './retry.js';
import type { RpcError } from './rpc-error.js';
import type { ServerPool } from './server-pool.js';

/** A call that has begun and has not ended, as close() sees it. */
export interface PendingCall {
  /** Ends the call with this error, and cancels it on the server. */
  abandon(error: unknown): void;
  /** Makes an error of this call, with the stack of its caller. */
  error(code: number, details: string): RpcError;
}

/** What all calls of one client share. */
export interface CallContext {
  readonly servers: ServerPool;
  /** Sent with every call; never changed. */
  readonly metadata: Metadata;
  /** Called before each attempt. */
  readonly token: (() => string | Promise<string>) | undefined;
  readonly retry: RetryPolicy;
  /** The default timeout of unary and client-streaming calls. */
  readonly timeoutMs: number;
  /** How long a call may wait for a connection. */
  readonly connectTimeoutMs: number;
  /** How many pieces of the requests of one call may be on their way to the socket. */
  readonly sendWindow: number;
  /** Undefined if there is none: a call without it must not pay for it. */
  readonly middleware: readonly ClientMiddleware[] | undefined;
  /** Requests of a stream are joined until they have this many bytes; 0: each is sent alone. */
  readonly pieceBytes: number;
  /** The calls that close() ends. */
  readonly pending: LinkedSet<PendingCall>;
}

/** One call of a method, as its caller described it. */
export interface CallPlan {
  readonly context: CallContext;
  readonly method: Method;
  readonly options: CallOptions;
  /** Its `stack` begins at the code that made the call. */
  readonly caller: Caller;
}
