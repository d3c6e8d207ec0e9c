import { status } from '@grpc/grpc-js';
import {
  HealthDefinition,
  HealthCheckResponse_ServingStatus,
} from '../../gen/grpc/health/v1/health.js';
import type { CallOptions } from './call-options.js';
import type { CallContext, PendingCall } from './call-plan.js';
import { captureCaller } from './caller-stack.js';
import { LinkedSet } from './linked-set.js';
import { grpcOptionsOf, metadataOf } from './grpc-options.js';
import type { ServiceDefinition } from './definition.js';
import { waitForReady, type ReadyOptions } from './ready.js';
import { checkOptions, type ChannelState, type ConnectOptions } from './options.js';
import { retryPolicyOf } from './retry.js';
import { ServerPool } from './server-pool.js';
import { serviceClient, type ServiceClient } from './service-client.js';
import { addressesOf, type Target } from './target.js';
import { credentialsOf } from './tls-credentials.js';

/** The health of a server, or of one of its services. */
export type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' | 'UNKNOWN';

/** The connections to one server, or to several with the same data. */
export interface ClientChannel {
  /** Makes a client of any service from its generated definition. Clients share the channel. */
  client<Definition extends ServiceDefinition>(definition: Definition): ServiceClient<Definition>;
  /** Asks a server for its health, or for that of one of its services by full name. */
  health(service?: string, options?: CallOptions): Promise<ServingStatus>;
  /**
   * Connects if necessary, and resolves once a server is connected. Rejects with an RpcError after a
   * time; see ReadyOptions.
   */
  waitForReady(options?: ReadyOptions): Promise<void>;
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
  return openChannelWithContext(target, options).channel;
}

/** Opens a channel, and returns also what its calls share. */
export function openChannelWithContext(
  target: Target,
  options: ConnectOptions,
): { channel: ClientChannel; context: CallContext } {
  checkOptions(options);
  const addresses = addressesOf(target);
  const pool = poolOf(addresses, options);
  const context = contextOf(pool, options);
  const health = serviceClient(HealthDefinition, context);
  const close = (): void => {
    for (const call of context.pending) {
      call.abandon(call.error(status.CANCELLED, 'the client has been closed'));
    }
    pool.close();
  };
  const ready = async (readyOptions: ReadyOptions = {}): Promise<void> => {
    await waitForReady(pool, readyOptions, captureCaller(ready));
  };
  if (options.onStateChange) reportChanges(pool, options.onStateChange);
  const channel: ClientChannel = {
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
  return { channel, context };
}

/** How long a call waits for a connection. */
const CONNECT_TIMEOUT_MS = 5000;

/** The size of the pieces in which the requests of a stream are sent. */
const PIECE_BYTES = 32 * 1024;

function poolOf(addresses: readonly string[], options: ConnectOptions): ServerPool {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, loadBalancing, connections = 1 } = options;
  return new ServerPool(addresses, {
    credentials: credentialsOf(options),
    grpcOptions: grpcOptionsOf(addresses, options),
    inTurn: loadBalancing !== 'pick_first',
    connections,
    bridgeMs: retryPolicyOf(options.retry).maxAttempts > 1 ? connectTimeoutMs : 0,
  });
}

function contextOf(pool: ServerPool, options: ConnectOptions): CallContext {
  const { token, compression = 'none', maxMessageBytes = Infinity, middleware = [] } = options;
  return {
    servers: pool,
    metadata: metadataOf(pool.addresses, options),
    token: typeof token === 'function' ? token : undefined,
    retry: retryPolicyOf(options.retry),
    timeoutMs: options.timeoutMs ?? 10_000,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    // Compression is asynchronous, so messages would overtake each other, and it takes one at a time.
    sendWindow: compression === 'none' ? 16 : 1,
    // Two such pieces are not larger than a message may be.
    pieceBytes: compression === 'none' ? Math.min(PIECE_BYTES, maxMessageBytes / 2) : 0,
    pending: new LinkedSet<PendingCall>(),
    middleware: middleware.length > 0 ? middleware : undefined,
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
