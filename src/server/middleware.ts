import type { Metrics } from '../metrics/index.js';
import { traceCalls } from '../tracing/server-spans.js';
import type { Middleware } from '../rpc/index.js';
import type { AccessControl } from './auth/open-access.js';
import { logCalls, type Log } from './log.js';

/** What the middleware of a server works with. */
export interface MiddlewareOptions {
  readonly log: Log;
  /** Middleware of the embedding program. */
  readonly middleware?: readonly Middleware[] | undefined;
}

/** All middleware of a server, the outermost first. */
export function middlewareOf(
  { log, middleware = [] }: MiddlewareOptions,
  access: AccessControl | undefined,
  metrics: Metrics | undefined,
  isKnown: (method: string) => boolean,
): readonly Middleware[] {
  return [
    // Outermost: the log and the metrics name its span.
    traceCalls(isKnown),
    ...(metrics === undefined ? [] : [metrics.calls.middleware]),
    // Before all others, so that its line has the status that the client gets, whatever replaced it.
    logCalls(log),
    ...(access === undefined ? [] : [counted(access.middleware, metrics)]),
    // Inside our own, so that it cannot hide a call from the log, and sees only callers that may call.
    ...middleware,
  ];
}

function counted(accessControl: Middleware, metrics: Metrics | undefined): Middleware {
  return metrics === undefined ? accessControl : metrics.traffic.counted(accessControl);
}
