import { pino, type Logger } from 'pino';
import { Code, headerText, type Call, type CallOutcome, type Middleware } from '../rpc/index.js';

/** A log whose lines are JSON on standard output. */
export interface Log extends Logger {
  /** Writes all buffered lines; resolves even if the reader of standard output is gone. */
  close(): Promise<void>;
}

/** One write per log line would cost more than most calls do, so lines are buffered. */
const BUFFER_BYTES = 8 * 1024;
const BUFFER_MS = 100;

/** The statuses that are logged as errors, because an operator should look into them. */
const SERVER_FAULTS = new Set([Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS]);

/** A W3C trace context header: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The longest method name that is logged: a client may call any. */
const MAX_METHOD_LENGTH = 200;

/** Opens a log of that level. Lines are written within 100 ms, and all of them at close. */
export function openLog(level: string): Log {
  const destination = pino.destination({
    dest: 1,
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: BUFFER_MS,
  });
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (name) => ({ level: name }) },
    },
    destination,
  );
  let failed = false;
  destination.on('error', () => {
    failed = true;
  });

  async function close(): Promise<void> {
    if (!failed) await ended(destination);
    log.level = 'silent';
    // At exit, pino writes what is left synchronously, and retries that forever if the reader of
    // standard output is gone. It leaves a destroyed destination alone.
    destination.destroy();
  }

  let closing: Promise<void> | undefined;
  return Object.assign(log, { close: () => (closing ??= close()) });
}

/** Resolves when all lines are written, or cannot be. */
function ended(destination: DestinationStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      resolve();
    };
    destination.once('error', done).once('close', done);
    destination.end();
  });
}

/** What pino.destination() returns. */
type DestinationStream = ReturnType<typeof pino.destination>;

/**
 * Writes one line for each call when it ends: method, status, duration, peer, request id and message
 * counts. The line contains no name, email or phone number.
 */
export function logCalls(log: Pick<Logger, 'info' | 'error'>): Middleware {
  return (call, next) => {
    call.onEnd((ending) => {
      logCall(log, call, ending);
      return undefined;
    });
    next();
  };
}

function logCall(
  log: Pick<Logger, 'info' | 'error'>,
  call: Call,
  { code, error }: CallOutcome,
): void {
  const line = {
    method: call.method.slice(0, MAX_METHOD_LENGTH),
    status: Code[code],
    durationMs: Math.round(call.elapsedMs * 1000) / 1000,
    peer: call.peer,
    requestId: call.requestId,
    received: call.received,
    sent: call.sent,
    traceparent: traceparentOf(call),
    err: error,
  };
  // A failure of the store ends calls with UNAVAILABLE or RESOURCE_EXHAUSTED, and so do others that
  // need no operator; those have no error.
  if (error !== undefined || SERVER_FAULTS.has(code)) log.error(line, 'call');
  else log.info(line, 'call');
}

function traceparentOf({ headers }: Call): string | undefined {
  const value = headerText(headers, 'traceparent');
  return value !== undefined && TRACEPARENT.test(value) ? value : undefined;
}
