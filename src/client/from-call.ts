import type { CallOptions } from './call-options.js';
import { childOf } from './trace-parent.js';

/** Header values of a call that is being handled. */
type Values = readonly (string | Buffer)[];

interface IncomingMetadata {
  get(name: string): Values;
}

interface HandledTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** A call as the handlers of this package see it. */
export interface HandledCall {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; Infinity without a deadline. */
  readonly deadlineMs: number;
  readonly requestId: string;
  /** Who made the call, if the server has access control. */
  readonly principal?: { readonly kind: string; readonly subject: string } | undefined;
  /** The span of the call, if the server traces. */
  readonly trace?: HandledTrace | undefined;
  /** Lower-case names, each with all its values in order. */
  readonly headers: Readonly<Record<string, Values | undefined>>;
}

/** A call as the handlers of any grpc-js server see it. */
export interface GrpcServerCall {
  readonly metadata: IncomingMetadata;
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** One signal for each call, however many calls are made on its behalf. */
const signals = new WeakMap<GrpcServerCall, AbortSignal>();

/**
 * The options for a call that is made on behalf of a call that is being handled. It takes no longer
 * than the handled call may, ends when that is cancelled, and carries its request id and a child of
 * its W3C trace context. An invalid trace context is left out. The caller, if it is known, is named
 * in `x-on-behalf-of`, such as `jwt:user-7`: for the log of the server, which must not trust it. The
 * credentials of the caller are not passed on.
 */
export function fromCall(call: HandledCall | GrpcServerCall): CallOptions {
  const isHandled = 'deadlineMs' in call;
  const deadlineMs = isHandled ? call.deadlineMs : Number(call.getDeadline());
  const signal = isHandled ? call.signal : signalOf(call);
  const requestIds = isHandled ? [call.requestId] : call.metadata.get('x-request-id');
  const options = {
    signal,
    metadata: {
      ...(requestIds.length > 0 && { 'x-request-id': requestIds }),
      ...(isHandled && callerOf(call)),
      ...traceOf(
        isHandled ? call.trace : undefined,
        (name) => ('headers' in call ? call.headers[name] : call.metadata.get(name)) ?? [],
      ),
    },
  };
  return deadlineMs === Infinity ? options : { ...options, timeoutMs: deadlineMs - Date.now() };
}

/** Percent-encoded, because a subject may have any characters, and a header only ASCII. */
function callerOf({ principal }: HandledCall): Record<string, string> {
  if (principal === undefined) return {};
  const { kind, subject } = principal;
  return { 'x-on-behalf-of': `${kind}:${encodeURIComponent(subject.toWellFormed())}` };
}

/** The span of the call itself, or else a child of the one that its caller has sent. */
function traceOf(
  trace: HandledTrace | undefined,
  valuesOf: (name: string) => Values,
): Record<string, Values | string> {
  const traceparent = trace ? parentIn(trace) : childOf(valuesOf('traceparent'));
  if (traceparent === undefined) return {};
  const tracestate = valuesOf('tracestate');
  return tracestate.length > 0 ? { traceparent, tracestate } : { traceparent };
}

function parentIn({ traceId, spanId, isSampled }: HandledTrace): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

function signalOf(call: GrpcServerCall): AbortSignal {
  const known = signals.get(call);
  if (known) return known;
  const controller = new AbortController();
  signals.set(call, controller.signal);
  const abort = (): void => {
    controller.abort();
  };
  if (call.cancelled) abort();
  else call.on('cancelled', abort);
  return controller.signal;
}
