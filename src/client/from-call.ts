import type { CallOptions } from './call-options.js';

/** Metadata of a call being handled. */
interface IncomingMetadata {
  get(name: string): readonly (string | Buffer)[];
}

/** A call as this package's own handlers see it. */
export interface HandledCall {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; Infinity without a deadline. */
  readonly deadlineMs: number;
  readonly requestId: string;
  readonly metadata: IncomingMetadata;
}

/** A call as the handlers of any grpc-js server see it. */
export interface GrpcServerCall {
  readonly metadata: IncomingMetadata;
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** What is passed on so that logs and traces of all services tell of one request. */
const PASSED_ON = ['x-request-id', 'traceparent', 'tracestate'];

/** One signal for each call, however many calls are made on its behalf. */
const signals = new WeakMap<GrpcServerCall, AbortSignal>();

/**
 * The options for calls made on behalf of a call that is being handled: they take no longer than
 * it may, end when it is cancelled, and carry its request id and trace.
 */
export function fromCall(call: HandledCall | GrpcServerCall): CallOptions {
  const handled = 'deadlineMs' in call;
  const deadlineMs = handled ? call.deadlineMs : Number(call.getDeadline());
  const metadata: Record<string, readonly (string | Buffer)[]> = {};
  for (const name of PASSED_ON) {
    const values = call.metadata.get(name);
    if (values.length > 0) metadata[name] = values;
  }
  if (handled) metadata['x-request-id'] = [call.requestId];
  const options = { signal: handled ? call.signal : signalOf(call), metadata };
  return deadlineMs === Infinity ? options : { ...options, timeoutMs: deadlineMs - Date.now() };
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
