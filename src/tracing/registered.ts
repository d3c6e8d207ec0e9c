import type * as OpenTelemetry from '@opentelemetry/api';

type Span = OpenTelemetry.Span;
type Api = typeof OpenTelemetry;

/** The API of OpenTelemetry, once a program has registered an SDK with it. */
export interface Tracing {
  readonly api: Api;
  readonly tracer: OpenTelemetry.Tracer;
}

/** Where each copy of the API, version 1, keeps what was registered. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');

interface Registry {
  /** The provider of tracers; undefined if none is registered. */
  readonly trace?: object;
}

let api: Api | null | undefined;
let tracing: Tracing | undefined;
let provider: object | undefined;

/**
 * Undefined unless an SDK is registered, whenever that happens; then it costs 10 ns. Only then the
 * API is loaded, which takes 17 ms and 8 MiB.
 */
export function registeredTracing(): Tracing | undefined {
  const registry = (globalThis as Readonly<Record<symbol, unknown>>)[REGISTRY];
  const registered = (registry as Registry | undefined)?.trace;
  if (registered === undefined) return undefined;
  if (registered !== provider) {
    provider = registered;
    api ??= loadApi();
    tracing = api === null ? undefined : { api, tracer: api.trace.getTracer('personguide') };
  }
  return tracing;
}

/** Marks a span as failed, with the kind of its error. */
export function markFailed({ api: { SpanStatusCode } }: Tracing, span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Null if it is not installed where this package finds it: it is an optional peer. */
function loadApi(): Api | null {
  try {
    // Not import(): a call cannot wait for it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require('@opentelemetry/api') as Api;
  } catch {
    return null;
  }
}
