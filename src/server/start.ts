import { Server, status, type ServiceDefinition } from '@grpc/grpc-js';
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { descriptorSet } from '../../gen/descriptors.js';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthService,
} from '../../gen/grpc/health/v1/health.js';
import { ServerReflectionService } from '../../gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionService as OldServerReflectionService } from '../../gen/grpc/reflection/v1alpha/reflection.js';
import {
  createRpc,
  quietGrpcLogger,
  refuseInvalidUtf8,
  wireDefinition,
  type Rpc,
} from '../rpc/index.js';
import { createHealth, healthService, type Health } from './health.js';
import { interceptors } from './interceptors.js';
import { bind, checkListening, credentialsOf, type TlsFiles } from './listen.js';
import { logCall, type Log } from './log.js';
import { reflectionService } from './reflection.js';
import { refuseUnknownMethods } from './unknown-methods.js';

/** A generated service definition and what implements it. */
export interface Service {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** What a server offers, and where. */
export interface ServerOptions {
  /** Builds the services with the adapters of this server. */
  readonly services: (rpc: Rpc) => readonly Service[];
  /** HOST:PORT, one or more; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** Where each call leaves its line. The server does not close it. */
  readonly log: Log;
  readonly tls?: TlsFiles | undefined;
  /** Allow addresses beyond loopback without TLS. Default: false. */
  readonly insecure?: boolean;
  /** How long calls may go on after stop(), in milliseconds. Default: 10,000. */
  readonly shutdownGraceMs?: number;
  /**
   * What reflection tells about: an encoded google.protobuf.FileDescriptorSet with all imports, as
   * `buf build -o FILE.binpb` writes it. Default: the contract of this package.
   */
  readonly descriptorSet?: () => Uint8Array;
  /** Runs once no call is under way any more, before stop() resolves. */
  readonly onStop?: () => Promise<void>;
}

/** A server that takes calls. */
export interface RunningServer {
  /** The addresses it listens on, in the order of `listen`, with the ports taken. */
  readonly addresses: readonly string[];
  /** Ends the server early: what still runs is not waited for. Only together with stop(). */
  hurry(): void;
  /**
   * Stops: health turns NOT_SERVING, no new calls, calls under way finish; what still runs after
   * the grace period ends with UNAVAILABLE. A second call waits for the first.
   */
  stop(): Promise<void>;
}

/** How long the last words of ended calls may take to reach their clients. */
const LAST_WORDS_MS = 500;

/**
 * Starts a gRPC server with health, reflection, a log line per call and graceful stop.
 * Fails with a StartError whose message is one line; nothing is left open then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  checkListening(options);
  quietGrpcLogger((text) => {
    options.log.debug(text);
  });
  refuseInvalidUtf8();
  const server = new Server({
    interceptors: [...interceptors],
    // Channelz would count every call for nobody.
    'grpc.enable_channelz': 0,
    // On Node 20 a connection that breaks HTTP/2 keeps its descriptor until keepalive ends it.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
  });
  const rpc = createRpc({
    onEnd: (call) => {
      logCall(options.log, call);
    },
  });
  const offered = options.services(rpc);
  const names = [...offered.map(nameOf), 'grpc.health.v1.Health'];
  const health = createHealth(names);
  for (const service of [...offered, ...toolServices(names, health, rpc, options)]) {
    server.addService(wireDefinition(service.definition), service.implementation);
  }
  refuseUnknownMethods(server, rpc);
  const addresses = await bindAll(server, options);
  health.set(ServingStatus.SERVING);
  options.log.info({ addresses, services: names }, 'listening');
  return { addresses, ...stopper(server, rpc, health, options) };
}

/** What every server offers besides its own services. */
function toolServices(
  names: readonly string[],
  health: Health,
  rpc: Rpc,
  { descriptorSet = contract }: ServerOptions,
): Service[] {
  const reflection = reflectionService(descriptorSet, names, rpc);
  return [
    { definition: HealthService, implementation: healthService(health, rpc) },
    { definition: ServerReflectionService, implementation: reflection },
    { definition: OldServerReflectionService, implementation: reflection },
  ];
}

/** The contract of this package. */
function contract(): Uint8Array {
  return Buffer.from(descriptorSet, 'base64');
}

function nameOf({ definition }: Service): string {
  const path = Object.values(definition)[0]?.path ?? '';
  return path.slice(1, path.lastIndexOf('/'));
}

async function bindAll(server: Server, { listen, tls }: ServerOptions): Promise<string[]> {
  const credentials = credentialsOf(tls);
  const addresses: string[] = [];
  try {
    for (const address of listen) addresses.push(await bind(server, address, credentials));
  } catch (error) {
    server.forceShutdown();
    throw error;
  }
  return addresses;
}

function stopper(
  server: Server,
  rpc: Rpc,
  health: Health,
  { log, shutdownGraceMs = 10_000, onStop }: ServerOptions,
): Pick<RunningServer, 'hurry' | 'stop'> {
  const hurried = new AbortController();
  let stopping: Promise<void> | undefined;

  async function stop(): Promise<void> {
    log.info({ active: rpc.active, graceMs: shutdownGraceMs }, 'stopping');
    health.stop();
    stopKeepalive(server);
    const drained = new Promise<void>((resolve) => {
      server.tryShutdown(() => {
        resolve();
      });
    });
    await within(shutdownGraceMs, rpc.idle(), hurried.signal);
    rpc.endAll({ code: status.UNAVAILABLE, details: 'the server is stopping' });
    await within(LAST_WORDS_MS, drained, hurried.signal);
    server.forceShutdown();
    await onStop?.();
    log.info('stopped');
  }

  return {
    hurry: () => {
      hurried.abort();
    },
    stop: () => (stopping ??= stop()),
  };
}

/**
 * Node sends no pings on connections that are closing, and grpc-js drops a connection that it cannot
 * ping: within ten seconds, the calls that may still finish would be lost.
 */
function stopKeepalive(server: Server): void {
  Object.assign(server, { keepaliveTimeMs: 0 });
}

/** Resolves with the promise, after that many milliseconds, or when the signal aborts. */
function within(ms: number, promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
    void promise.then(done);
  });
}
