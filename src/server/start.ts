import { descriptorSet } from '../../gen/descriptors.js';
import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health.js';
import { parseHostPort } from '../host-port.js';
import { completeLimits } from '../limits.js';
import { Code, Dispatcher, type Middleware, type Service } from '../rpc/index.js';
import {
  connectTo,
  createGrpcServer,
  redirectGrpcLog,
  type GrpcServerOptions,
  type RefusalListener,
} from '../rpc/grpc/index.js';
import { createWeb, type Web } from '../web/index.js';
import type { CallerLimits } from '../config.js';
import { openAccess, type AccessControl, type ServerAuth } from './auth/open-access.js';
import type { MethodScopes } from './auth/method-rules.js';
import { warnOfExpiry } from './certificate-expiry.js';
import { createHealth, healthService, type Health } from './health.js';
import { watchCheck } from './health-check.js';
import { checkListenOptions, StartError, warnOfExposure, type ListenOptions } from './listen.js';
import { openListeners, type Listeners } from './listeners.js';
import { limitedWarning } from './limited-warning.js';
import type { Log } from './log.js';
import { countServer, openMetrics, type ServedMetrics } from './metrics.js';
import { middlewareOf } from './middleware.js';
import { reflectionServices } from './reflection.js';
import { stopOnUncaughtErrors } from './uncaught-errors.js';

/** What a server offers, and where. */
export interface ServerOptions extends ListenOptions {
  /** What it serves, besides health and reflection. */
  readonly services: readonly Service[];
  /**
   * Who may call. Default: `{ kind: 'none' }`, everyone; then only loopback may be listened on,
   * unless `insecure` is set.
   */
  readonly auth?: ServerAuth | undefined;
  /**
   * The scope that each method needs; with it, each method of `services` must have one. Health needs
   * none, reflection any scope, or none on this machine.
   */
  readonly scopes?: MethodScopes | undefined;
  /** As for startDirectory(). */
  readonly callerLimits?: Partial<CallerLimits> | undefined;
  /** Leaves all calls to grpc-js, which is slower. Default: false. */
  readonly plainGrpc?: boolean | undefined;
  /** Receives one line per call. The server does not close it. */
  readonly log: Log;
  /**
   * Serve Connect, gRPC-Web, JSON and HTTP/1.1 on the same addresses. The messages of `services` must
   * be in `descriptorSet`. Default: false, gRPC only.
   */
  readonly web?: boolean | undefined;
  /**
   * Names by which browsers and others that speak HTTP may reach the server, besides addresses,
   * `localhost` and the hosts of `listen`. Default: none.
   */
  readonly allowHosts?: readonly string[] | undefined;
  /** Origins whose pages may call, such as `https://people.example.com`. Default: none. */
  readonly allowOrigins?: readonly string[] | undefined;
  /** Wraps every call, the first is the outermost. Default: none. */
  readonly middleware?: readonly Middleware[];
  /**
   * HOST:PORT of a port for `/metrics`, `/healthz` and `/readyz`; port 0 takes a free one. Everyone
   * who can reach it can read it. Default: none.
   */
  readonly metrics?: string | undefined;
  /** How long calls may continue after stop(), in milliseconds. Default: 10,000. */
  readonly shutdownGraceMs?: number;
  /**
   * What reflection describes: an encoded google.protobuf.FileDescriptorSet with all imports, as
   * `buf build -o FILE.binpb` writes it. Default: the contract of this package.
   */
  readonly descriptorSet?: () => Uint8Array;
  /**
   * The `domain` of ErrorInfo in the errors of all services. Default: the full name of the service
   * that was called.
   */
  readonly errorDomain?: string;
  /**
   * Called once a second; while it rejects, or does not settle within 900 ms, health is NOT_SERVING
   * for the server and all its services. Default: health depends on nothing else.
   */
  readonly check?: (signal: AbortSignal) => Promise<void>;
  /** Called when no call is active any more, before stop() resolves. */
  readonly onStop?: () => Promise<void>;
}

/** What a server serves; its listeners exist already. */
export type ServeOptions = Omit<
  ServerOptions,
  Exclude<keyof ListenOptions, 'auth' | 'limits'> | 'metrics'
>;

/** A server that takes calls. */
export interface RunningServer {
  /** The addresses it listens on, in the order of `listen`, with the ports taken. */
  readonly addresses: readonly string[];
  /** HOST:PORT of the metrics, with the port taken; undefined without. */
  readonly metricsAddress: string | undefined;
  /**
   * Stops: health turns NOT_SERVING, new calls are refused, active calls may finish; those that are
   * still active after the grace period end with UNAVAILABLE. A second call waits for the first.
   */
  stop(): Promise<void>;
  /** Ends the grace period of stop() now. */
  stopNow(): void;
}

/** How long the statuses of the calls that stop() has ended may take to reach their clients. */
const FINAL_STATUS_MS = 500;

/**
 * Starts a gRPC server with health, reflection, a log line per call and graceful stop. An error that
 * nothing catches is logged, stops the server and ends the process with 1, unless the program has a
 * listener for `uncaughtException`.
 * Rejects with a StartError whose message is one line; nothing is left open then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  checkListenOptions(options);
  const metrics = await openMetrics(options.metrics, options.log);
  let listeners: Listeners | undefined;
  try {
    listeners = await openListeners(options, options.log, metrics?.metrics.traffic);
    warnOfExpiry(options.tls, options.log);
    warnOfExposure(options, options.log);
    const server = serveOn(listeners, options, metrics);
    const unwatch = stopOnUncaughtErrors(server, options.log, options.shutdownGraceMs);
    return { ...server, stop: () => server.stop().finally(unwatch) };
  } catch (error) {
    listeners?.destroy();
    await metrics?.close();
    throw error;
  }
}

/** Serves the connections of these listeners, as startServer() does, and closes them in the end. */
export function serveOn(
  listeners: Listeners,
  options: ServeOptions,
  served?: ServedMetrics,
): RunningServer {
  redirectGrpcLog((text) => {
    options.log.debug(text);
  });
  const limits = completeLimits(options.limits);
  const names = [...options.services.map(nameOf), 'grpc.health.v1.Health'];
  const health = createHealth(names);
  const services = [
    ...options.services,
    healthService(health),
    ...reflectionServices(options.descriptorSet ?? contract, names),
  ];
  const access = openAccess(services, options);
  const dispatcher: Dispatcher = new Dispatcher({
    services,
    middleware: middlewareOf(options, access, served?.metrics, (path) => dispatcher.has(path)),
    errorDomain: options.errorDomain,
    limits,
    onShed: (reason) => served?.metrics.traffic.refusedCalls.add(reason),
  });
  if (served !== undefined) countServer(served, { services, dispatcher, health, log: options.log });
  const { addresses } = listeners;
  const onRefused = countRefusals(options.log, served);
  const web =
    options.web === true
      ? createWeb({
          dispatcher,
          limits,
          onRefused,
          descriptorSet: options.descriptorSet ?? contract,
          isServing: () => health.get('') === ServingStatus.SERVING,
          hasPage: names.includes('personguide.PersonGuide'),
          allowHosts: [...addresses.flatMap(hostOf), ...(options.allowHosts ?? [])],
          allowOrigins: options.allowOrigins ?? [],
        })
      : undefined;
  const server = grpcServer(dispatcher, options, { limits, onRefused, others: web?.http2 });
  listeners.onConnection({ http2: connectTo(server), http1: web?.http1 });
  health.set(true);
  listeners.announce(names);
  const parts = { server, web, listeners, dispatcher, health, access, served };
  return { addresses, metricsAddress: served?.address, ...stopper(parts, options) };
}

function hostOf(address: string): string[] {
  const parsed = parseHostPort(address, 'listen');
  return parsed === undefined ? [] : [parsed.host];
}

function countRefusals(log: Log, served: ServedMetrics | undefined): RefusalListener {
  const warn = limitedWarning(log);
  return (peer, reason, kind) => {
    warn({ peer, reason }, 'refused a request');
    served?.metrics.traffic.refusedCalls.add(kind);
  };
}

type GrpcServer = ReturnType<typeof createGrpcServer>;

function grpcServer(
  dispatcher: Dispatcher,
  { log, plainGrpc = false }: Pick<ServeOptions, 'log' | 'plainGrpc'>,
  options: Pick<GrpcServerOptions, 'limits' | 'onRefused' | 'others'>,
): GrpcServer {
  try {
    return createGrpcServer(dispatcher, {
      ...options,
      plainGrpc,
      onPlainGrpc: (reason) => {
        log.warn({ reason }, 'all calls go through grpc-js, which is slower');
      },
    });
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error));
  }
}

/** The contract of this package. */
function contract(): Uint8Array {
  return Buffer.from(descriptorSet, 'base64');
}

function nameOf({ definition }: Service): string {
  return definition.fullName;
}

interface ServerParts {
  readonly server: GrpcServer;
  readonly web: Web | undefined;
  readonly listeners: Listeners;
  readonly dispatcher: Dispatcher;
  readonly health: Health;
  readonly access: AccessControl | undefined;
  readonly served: ServedMetrics | undefined;
}

function stopper(
  { server, web, listeners, dispatcher, health, access, served }: ServerParts,
  options: ServeOptions,
): Pick<RunningServer, 'stop' | 'stopNow'> {
  const { log, shutdownGraceMs = 10_000, check, onStop } = options;
  const graceEnded = new AbortController();
  const stopChecking = check === undefined ? undefined : watchCheck(check, health, log);
  let stopping: Promise<void> | undefined;

  async function stop(): Promise<void> {
    log.info({ active: dispatcher.active, graceMs: shutdownGraceMs }, 'stopping');
    stopChecking?.();
    health.stop();
    listeners.close();
    const responded = web?.stop();
    const drained = new Promise<void>((resolve) => {
      server.tryShutdown(() => {
        resolve(responded);
      });
    });
    await within(shutdownGraceMs, dispatcher.idle(), graceEnded.signal);
    dispatcher.abortAll(Code.UNAVAILABLE, 'the server is stopping');
    await within(FINAL_STATUS_MS, drained, graceEnded.signal);
    server.forceShutdown();
    // grpc-js leaves connections open whose client does not close them.
    listeners.destroy();
    access?.close();
    await onStop?.();
    // Last: until then probes learn that the server is not ready.
    await served?.close();
    log.info('stopped');
  }

  return {
    stop: () => (stopping ??= stop()),
    stopNow: () => {
      graceEnded.abort();
    },
  };
}

/** Resolves with the promise, after that many milliseconds, or when the signal aborts. */
function within(ms: number, promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
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
