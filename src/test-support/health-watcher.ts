import {
  HealthClient,
  type HealthCheckResponse,
  type HealthCheckResponse_ServingStatus as ServingStatus,
} from '../../gen/grpc/health/v1/health.js';
import { clientOf, messageOf, statusOf } from './grpc-calls.js';

const LIMIT_MS = 10_000;

/** A client that watches the health of a server. */
export interface HealthWatcher extends AsyncDisposable {
  /**
   * Resolves with the next status, and with the milliseconds it took to arrive; rejects if none
   * arrives within ten seconds.
   */
  next(): Promise<readonly [status: ServingStatus, tookMs: number]>;
}

/** Watches a service, or the whole server; the end of the scope ends it. */
export function watchHealth(
  server: { readonly addresses: readonly string[] },
  service = '',
): HealthWatcher {
  const client = clientOf(HealthClient, server.addresses[0] ?? '');
  const call = client.watch({ service });
  const end = statusOf(call);
  return {
    async next() {
      const startedMs = performance.now();
      const { status } = await Promise.race([messageOf<HealthCheckResponse>(call), noChange()]);
      return [status, performance.now() - startedMs];
    },
    async [Symbol.asyncDispose]() {
      call.cancel();
      await end;
      client.close();
    },
  };
}

function noChange(): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => {
      reject(new Error(`health did not change within ${LIMIT_MS} ms`));
    };
    setTimeout(fail, LIMIT_MS).unref();
  });
}
