import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  type HealthCheckResponse,
  type HealthServer,
} from '../../gen/grpc/health/v1/health.js';
import { DirectoryError } from '../directory/errors.js';
import type { Rpc } from '../rpc/index.js';

/** Which services take calls, and who wants to know when that changes. */
export interface Health {
  /** Sets the status of all services and of the server as a whole. */
  set(status: ServingStatus): void;
  /** The status of a service, or of the whole server for ''; undefined for an unknown service. */
  get(service: string): ServingStatus | undefined;
  /** NOT_SERVING for good: those who watch are told so, and then their calls end. */
  stop(): void;
  readonly stopped: boolean;
  /** Resolves at the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

/** The health of a server with those services, by full name; NOT_SERVING until it is set. */
export function createHealth(services: readonly string[]): Health {
  const known = new Set(['', ...services]);
  const waiting = new Set<() => void>();
  let current = ServingStatus.NOT_SERVING;
  let stopped = false;
  const set = (status: ServingStatus) => {
    current = status;
    for (const wake of waiting) wake();
  };
  return {
    set,
    stop() {
      stopped = true;
      set(ServingStatus.NOT_SERVING);
    },
    get stopped() {
      return stopped;
    },
    get: (service) => (known.has(service) ? current : undefined),
    changed: (signal) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        if (signal.aborted) {
          resolve();
          return;
        }
        waiting.add(wake);
        signal.addEventListener('abort', wake);
      }),
  };
}

/** The service grpc.health.v1.Health: https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export function healthService(health: Health, rpc: Rpc): HealthServer {
  return {
    check: rpc.unary(({ service }) => {
      const status = health.get(service);
      if (status !== undefined) return { status };
      throw new DirectoryError('not-found', `no service named "${service}" here`, {
        code: 'SERVICE_UNKNOWN',
      });
    }),

    watch: rpc.serverStream(async function* ({ service }, { signal }) {
      let last: ServingStatus | undefined;
      while (!signal.aborted) {
        const status = health.get(service) ?? ServingStatus.SERVICE_UNKNOWN;
        if (status !== last) yield { status } satisfies HealthCheckResponse;
        last = status;
        if (health.stopped) throw new DirectoryError('unavailable', 'the server is stopping');
        await health.changed(signal);
      }
    }),
  } satisfies HealthServer;
}
