import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Long from 'long';
import { StatusServiceDefinition } from '../../gen/personguide/admin/v1/status.js';
import type { ReadOptions, Store } from '../directory/store.js';
import { service, type Service } from '../rpc/index.js';
import type { CallCounts } from './call-counts.js';

/** What a server says about itself. */
export interface StatusOptions {
  readonly store: Pick<Store, 'check'>;
  /** `SQLite` or `PostgreSQL`. */
  readonly engine: string;
  readonly accessControl: boolean;
  readonly counts: CallCounts;
}

/** The StatusService of a server; proto/personguide/admin/v1/status.proto defines its call. */
export function statusService({ store, engine, accessControl, counts }: StatusOptions): Service {
  const instance = randomUUID();
  const version = packageVersion(__dirname);
  const startedMs = performance.now();
  return service(StatusServiceDefinition, {
    getStatus: async (_, { cancellation, principal }) => {
      const { open, ended, failed } = counts;
      return {
        instance,
        version,
        engine,
        nodeVersion: process.version,
        uptimeSeconds: (performance.now() - startedMs) / 1000,
        serving: await isServing(store, cancellation),
        accessControl,
        scopes: [...(principal?.scopes ?? [])].sort(),
        openCalls: Long.fromNumber(open),
        endedCalls: Long.fromNumber(ended),
        failedCalls: Long.fromNumber(failed),
        unaryLatencies: counts.latencies().map(({ upToSeconds, calls }) => ({
          upToSeconds,
          calls: Long.fromNumber(calls),
        })),
      };
    },
  });
}

async function isServing(
  store: StatusOptions['store'],
  signal: NonNullable<ReadOptions['signal']>,
): Promise<boolean> {
  try {
    await store.check({ signal });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * Of the nearest package.json: the sources and what is built from them are not equally deep. Empty if
 * there is none, as when a bundler has made one file of all.
 */
function packageVersion(folder: string): string {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return dirname(folder) === folder ? '' : packageVersion(dirname(folder));
  }
}
