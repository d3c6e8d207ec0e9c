import { status } from '@grpc/grpc-js';
import {
  HealthDefinition,
  HealthCheckResponse_ServingStatus,
} from '../../gen/grpc/health/v1/health.js';
import type { CallOptions } from './call-options.js';
import type { CallContext, PendingCall } from './call-plan.js';
import { withStackOf, type Caller } from './caller-stack.js';
import { credentialsOf, grpcOptionsOf, metadataOf } from './grpc-options.js';
import type { ServiceDefinition } from './definition.js';
import { checkOptions, type ChannelState, type ConnectOptions } from './options.js';
import { retryPolicyOf } from './retry.js';
import { RpcError } from './rpc-error.js';
import { ServerPool } from './server-pool.js';
import { serviceClient, type ServiceClient } from './service-client.js';
import { addressesOf, type Target } from './target.js';

/** The health of a server, or of one of its services. */
export type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' | 'UNKNOWN';

/** The connections to one server, or to several with the same data. */
export interface ClientChannel {
  /** Makes a client of any service from its generated definition. Clients share the channel. */
  client<Definition extends ServiceDefinition>(definition: Definition): ServiceClient<Definition>;
  /** Asks a server for its health, or for that of one of its services by full name. */
  health(service?: string, options?: CallOptions): Promise<ServingStatus>;
  /**
   * Connects if need be, and resolves once a server is connected. Default 10,000 ms; then rejects
   * with DEADLINE_EXCEEDED.
   */
  waitForReady(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
  /** The best state of any server. The first call connects. */
  readonly state: ChannelState;
  /** Ends pending calls with CANCELLED and disconnects. A second call does nothing. */
  close(): void;
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a channel for clients of any service. The first call connects, or waitForReady(). Throws a
 * TypeError for an invalid target or option.
 */
export function openChannel(target: Target, options: ConnectOptions = {}): ClientChannel {
  checkOptions(options);
  const addresses = addressesOf(target);
  const inTurn = options.loadBalancing !== 'pick_first';
  const grpcOptions = grpcOptionsOf(addresses, options);
  const pool = new ServerPool(addresses, credentialsOf(options), grpcOptions, inTurn);
  const context = contextOf(pool, options);
  const health = serviceClient(HealthDefinition, context);
  const close = (): void => {
    for (const call of [...context.pending]) {
      call.abandon(call.error(status.CANCELLED, 'the client has been closed'));
    }
    pool.close();
  };
  const ready: ClientChannel['waitForReady'] = async ({ timeoutMs = 10_000 } = {}) => {
    const caller = {};
    Error.captureStackTrace(caller, ready);
    await waitForReady(pool, timeoutMs, caller);
  };
  if (options.onStateChange) reportChanges(pool, options.onStateChange);
  return {
    client: (definition) => serviceClient(definition, context),
    async health(service = '', callOptions = {}) {
      const { status: serving } = await health.check({ service }, callOptions);
      return HealthCheckResponse_ServingStatus[serving] as ServingStatus;
    },
    waitForReady: ready,
    get state() {
      return pool.state();
    },
    close,
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}

function contextOf(pool: ServerPool, options: ConnectOptions): CallContext {
  const { token, compression = 'none' } = options;
  return {
    servers: pool,
    metadata: metadataOf(pool.addresses, options),
    token: typeof token === 'function' ? token : undefined,
    retry: retryPolicyOf(options.retry),
    timeoutMs: options.timeoutMs ?? 10_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 5000,
    // Compression is asynchronous, so messages would overtake each other.
    sendWindow: compression === 'none' ? 16 : 1,
    pending: new Set<PendingCall>(),
  };
}

function reportChanges(pool: ServerPool, onStateChange: (state: ChannelState) => void): void {
  let last = pool.state();
  pool.watch(() => {
    const state = pool.state();
    if (state === last) return;
    last = state;
    // An error of the listener must not be thrown into grpc-js.
    process.nextTick(onStateChange, state);
  });
}

function waitForReady(pool: ServerPool, timeoutMs: number, caller: Caller): Promise<void> {
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
    throw new TypeError('waitForReady: timeoutMs must be a number of milliseconds');
  }
  return new Promise((resolve, reject) => {
    const fail = (why: string, code: number): void => {
      reject(withStackOf(caller, notReady(pool, why, code)));
    };
    const giveUp = (): void => {
      unwatch();
      fail(`no connection within ${timeoutMs} ms`, status.DEADLINE_EXCEEDED);
    };
    // The longest delay of a timer; a longer timeout is unlimited.
    const timer = timeoutMs <= 2_147_483_647 ? setTimeout(giveUp, timeoutMs) : undefined;
    const look = (): void => {
      const state = pool.state(true);
      if (state !== 'READY' && state !== 'SHUTDOWN') return;
      clearTimeout(timer);
      unwatch();
      if (state === 'READY') resolve();
      else fail('the client has been closed', status.CANCELLED);
    };
    const unwatch = pool.watch(look);
    look();
  });
}

function notReady({ addresses }: ServerPool, why: string, code: number): RpcError {
  const details = `${why} to ${addresses.join(', ')}: check that a server runs there`;
  return new RpcError({ code, details, method: 'waitForReady' });
}
