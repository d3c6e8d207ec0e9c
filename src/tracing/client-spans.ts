import type { Context, Span, TextMapGetter, TextMapSetter } from '@opentelemetry/api';
import type { ClientMiddleware, OutgoingCall, OutgoingMetadata } from '../client/middleware.js';
import { markFailed, registeredTracing, type Tracing } from './registered.js';

const METADATA: TextMapSetter<OutgoingMetadata> & TextMapGetter<OutgoingMetadata> = {
  set: (metadata, name, value) => {
    metadata.set(name, value);
  },
  get: (metadata, name) => metadata.get(name).map(String),
  keys: () => ['traceparent', 'tracestate'],
};

/** Middleware that traces the calls of a client; undefined as long as no SDK is registered. */
export function clientTracing(): ClientMiddleware | undefined {
  return registeredTracing() === undefined ? undefined : traceCall;
}

/** A span of the call, and in it one for each attempt, whose context is sent with it. */
const traceCall: ClientMiddleware = (call, next) => {
  const tracing = registeredTracing();
  if (tracing === undefined) {
    next();
    return;
  }
  const { api, tracer } = tracing;
  const parent = parentOf(tracing, call);
  const method = call.method.slice(1);
  const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method };
  const span = tracer.startSpan(method, { attributes }, parent);
  const context = api.trace.setSpan(parent, span);
  call.onAttempt((made) => {
    const { number, metadata } = made;
    const options = { kind: api.SpanKind.CLIENT, attributes };
    const attempt = tracer.startSpan(`${method} attempt`, options, context);
    if (number > 1) attempt.setAttribute('rpc.resend_count', number - 1);
    api.propagation.inject(api.trace.setSpan(context, attempt), metadata, METADATA);
    made.onEnd(({ codeName }) => {
      endSpan(tracing, attempt, codeName);
    });
  });
  call.onEnd(({ codeName }) => {
    endSpan(tracing, span, codeName);
    return undefined;
  });
  api.context.with(context, next);
};

/** The active span; without one, that of the metadata, as `fromCall` passes it on. */
function parentOf({ api }: Tracing, { metadata }: OutgoingCall): Context {
  const active = api.context.active();
  if (api.trace.getSpan(active) !== undefined) return active;
  return api.propagation.extract(active, metadata, METADATA);
}

function endSpan(tracing: Tracing, span: Span, codeName: string): void {
  if (span.isRecording()) {
    span.setAttribute('rpc.response.status_code', codeName);
    if (codeName !== 'OK') markFailed(tracing, span, codeName);
  }
  span.end();
}
