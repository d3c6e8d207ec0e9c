import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthDefinition,
} from '../../gen/grpc/health/v1/health.js';
import { DirectoryError } from '../directory/errors.js';
import { service, type Service } from '../rpc/index.js';

/** Which services take calls. One status applies to all of them and to the server as a whole. */
export interface Health {
  /** Sets whether calls can be served; after `stop` it changes nothing. */
  set(serving: boolean): void;
  /** The status of a service, or of the whole server for ''; undefined for an unknown service. */
  get(service: string): ServingStatus | undefined;
  /** NOT_SERVING for good: watchers receive that, and then their calls end. */
  stop(): void;
  readonly stopped: boolean;
  /** Resolves at the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

/** The health of a server with those services, by full name; NOT_SERVING until it is set. */
export function createHealth(services: readonly string[]): Health {
  const known = new Set(['', ...services]);
  const watchers = new Set<() => void>();
  let serving = false;
  let stopped = false;

  function notify(): void {
    for (const wake of watchers) wake();
  }

  return {
    set(value) {
      if (stopped || serving === value) return;
      serving = value;
      notify();
    },
    stop() {
      stopped = true;
      serving = false;
      notify();
    },
    get stopped() {
      return stopped;
    },
    get: (name) => {
      if (!known.has(name)) return undefined;
      return serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    },
    changed: (signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          watchers.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        if (signal.aborted) {
          resolve();
          return;
        }
        watchers.add(wake);
        signal.addEventListener('abort', wake);
      }),
  };
}

/** The service grpc.health.v1.Health: https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export function healthService(health: Health): Service {
  return service(HealthDefinition, {
    check: ({ service: name }) => {
      const status = health.get(name);
      if (status !== undefined) return { status };
      throw new DirectoryError('not-found', `this server has no service named "${name}"`, {
        code: 'SERVICE_UNKNOWN',
      });
    },

    watch: async function* ({ service: name }, { signal }) {
      let last: ServingStatus | undefined;
      while (!signal.aborted) {
        const status = health.get(name) ?? ServingStatus.SERVICE_UNKNOWN;
        if (status !== last) yield { status };
        last = status;
        if (health.stopped) throw new DirectoryError('unavailable', 'the server is stopping');
        await health.changed(signal);
      }
    },
  });
}
