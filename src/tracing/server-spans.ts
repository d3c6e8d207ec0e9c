import type { Span, TextMapGetter } from '@opentelemetry/api';
import { Code, headerText, type Call, type Headers, type Middleware } from '../rpc/index.js';
import { markFailed, registeredTracing, type Tracing } from './registered.js';

/**
 * The statuses that mark a server span as failed; others are faults of the caller, or none:
 * https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
const SERVER_FAULTS = new Set([
  ...[Code.UNKNOWN, Code.DEADLINE_EXCEEDED, Code.UNIMPLEMENTED],
  ...[Code.INTERNAL, Code.UNAVAILABLE, Code.DATA_LOSS],
]);

const HEADERS: TextMapGetter<Headers> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headerText(headers, name),
};

/**
 * Gives each call a span, as a child of the span that the caller has sent, and makes it the active
 * one for everything inside. Does nothing as long as no SDK of OpenTelemetry is registered.
 * @param isKnown whether the server has a method: callers may make up others
 */
export function traceCalls(isKnown: (method: string) => boolean): Middleware {
  return (call, next) => {
    const tracing = registeredTracing();
    if (tracing === undefined) next();
    else runInSpan(tracing, call, isKnown(call.method), next);
  };
}

function runInSpan(tracing: Tracing, call: Call, isKnown: boolean, next: () => void): void {
  const { api, tracer } = tracing;
  const parent = api.propagation.extract(api.ROOT_CONTEXT, call.headers, HEADERS);
  const method = call.method.slice(1);
  const attributes = {
    'rpc.system.name': 'grpc',
    'rpc.method': isKnown ? method : '_OTHER',
    ...(!isKnown && { 'rpc.method_original': method }),
    'personguide.request_id': call.requestId,
  };
  const options = { kind: api.SpanKind.SERVER, attributes };
  const span = tracer.startSpan(isKnown ? method : 'grpc', options, parent);
  const { traceId, spanId, traceFlags } = span.spanContext();
  call.trace = { traceId, spanId, isSampled: (traceFlags & api.TraceFlags.SAMPLED) !== 0 };
  call.onEnd(({ code }) => {
    endSpan(tracing, span, code);
    return undefined;
  });
  api.context.with(api.trace.setSpan(parent, span), next);
}

function endSpan(tracing: Tracing, span: Span, code: Code): void {
  if (span.isRecording()) {
    span.setAttribute('rpc.response.status_code', Code[code]);
    if (SERVER_FAULTS.has(code)) markFailed(tracing, span, Code[code]);
  }
  span.end();
}
