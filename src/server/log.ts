import { pino, type Logger } from 'pino';
import { Code, headerText, type Call, type CallOutcome, type Middleware } from '../rpc/index.js';
import { LineWriter } from './line-writer.js';

/** A log whose lines are JSON on standard output. */
export interface Log extends Logger {
  /** Writes all lines; resolves within a second also if that is not possible. */
  close(): Promise<void>;
  /** Writes a line at level info, which is the JSON of these fields and ends with `}`. */
  writeInfo?(fields: string): void;
  /** How many lines were lost so far because they could not be written. */
  lostLines?(): number;
}

/** The statuses that are logged as errors, because an operator should look into them. */
const SERVER_FAULTS = new Set([Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS]);

/** A W3C trace context header: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The longest method name that is logged: a client may call any. */
const MAX_METHOD_LENGTH = 200;

/** Middleware of the embedding program may let calls of any method succeed. */
const MAX_KEPT_METHODS = 200;

/**
 * Opens a log of that level on standard output. Lines are written within 100 ms, and all of them at
 * close. Lines that cannot be written (the disk is full, the reader of a pipe has stopped or is
 * gone) are dropped, and counted in a line that follows when writing works again.
 */
export function openLog(level: string): Log {
  return openLogOn(openLogWriter(), level);
}

/**
 * As openLog(), with a writer of openLogWriter(), which the log closes, and for one of several
 * processes with its number in each line.
 */
export function openLogOn(writer: LineWriter, level: string, worker?: number): Log {
  const log = pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: time,
      formatters: { level: (name) => ({ level: name }) },
    },
    writer,
  );
  const from = workerField(worker);
  let closing: Promise<void> | undefined;
  return Object.assign(log, {
    lostLines: () => writer.lostLines,
    close: () =>
      (closing ??= writer.close().then(() => {
        log.level = 'silent';
      })),
    writeInfo: (fields: string) => {
      if (log.isLevelEnabled('info')) writer.write(`{"level":"info"${time()}${from},${fields}\n`);
    },
  });
}

/** Opens a writer on standard output for the lines of a log. */
export function openLogWriter(worker?: number): LineWriter {
  const from = workerField(worker);
  // Reading process.stdout makes a pipe non-blocking; otherwise a reader that stops would block a
  // thread of Node for good.
  return new LineWriter(
    process.stdout.fd,
    (lost) => `{"level":"warn"${time()}${from},"lines":${lost},"msg":"log lines were lost"}\n`,
  );
}

function workerField(worker: number | undefined): string {
  return worker === undefined ? '' : `,"worker":${worker}`;
}

let timeMs = 0;
let timeText = '';

/** The time as a member of a JSON object; made once per millisecond. */
function time(): string {
  const now = Date.now();
  if (now !== timeMs) {
    timeMs = now;
    timeText = `,"time":"${new Date(now).toISOString()}"`;
  }
  return timeText;
}

/**
 * Writes one line for each call when it ends: method, status, duration, protocol, peer, request id and
 * message counts; who called, if there is access control; and the ids of what was written. The line contains
 * no name, email, phone number, key or token, except the subject by which a token names its owner.
 */
export function logCalls(log: CallLog): Middleware {
  return (call, next) => {
    call.onEnd((ending) => {
      logCall(log, call, ending);
      return undefined;
    });
    next();
  };
}

type CallLog = Pick<Log, 'info' | 'error' | 'writeInfo'>;

function logCall(log: CallLog, call: Call, { code, error }: CallOutcome): void {
  if (code === Code.OK && error === undefined && log.writeInfo !== undefined) {
    // Most lines are of this kind; pino takes six times as long.
    log.writeInfo(successLine(call));
    return;
  }
  const traceparent = traceparentOf(call);
  const { traceId, spanId } = call.trace ?? idsOf(traceparent);
  const line = {
    method: shownMethod(call.method),
    status: Code[code],
    durationMs: toMicros(call.elapsedMs) / 1000,
    protocol: call.protocol,
    peer: call.peer,
    requestId: call.requestId,
    received: call.received,
    sent: call.sent,
    principal: principalOf(call),
    ids: call.written?.toString(),
    traceparent,
    trace_id: traceId,
    span_id: spanId,
    err: error,
  };
  // A failure of the store ends calls with UNAVAILABLE or RESOURCE_EXHAUSTED, and so do others that
  // need no operator; those have no error.
  if (error !== undefined || SERVER_FAULTS.has(code)) log.error(line, 'call');
  else log.info(line, 'call');
}

/** The fields of a call that ended with OK, in the order of the others, as part of a JSON object. */
function successLine(call: Call): string {
  const traceparent = traceparentOf(call);
  const { traceId, spanId } = call.trace ?? idsOf(traceparent);
  return (
    `${successStart(call.method)}${millisText(toMicros(call.elapsedMs))},` +
    `"protocol":"${call.protocol}","peer":${text(call.peer)},"requestId":${text(call.requestId)},` +
    `"received":${call.received},"sent":${call.sent},` +
    member('principal', principalOf(call)) +
    member('ids', call.written?.toString()) +
    member('traceparent', traceparent) +
    member('trace_id', traceId) +
    `${member('span_id', spanId)}"msg":"call"}`
  );
}

const successStarts = new Map<string, string>();

/** Only methods that exist succeed, so that there are few of them. */
function successStart(method: string): string {
  let start = successStarts.get(method);
  if (start === undefined) {
    start = `"method":${text(shownMethod(method))},"status":"OK","durationMs":`;
    if (successStarts.size < MAX_KEPT_METHODS) successStarts.set(method, start);
  }
  return start;
}

function shownMethod(method: string): string {
  return method.slice(0, MAX_METHOD_LENGTH);
}

function toMicros(ms: number): number {
  return Math.round(ms * 1000);
}

/** The decimals of each number of microseconds below a millisecond: `.05` for 50. */
const DECIMALS: readonly string[] = Array.from({ length: 1000 }, (_, micros) =>
  String(micros / 1000).slice(1),
);

/** Microseconds as milliseconds; V8 takes 300 ns for a number with decimals. */
function millisText(micros: number): string {
  return `${Math.floor(micros / 1000)}${DECIMALS[micros % 1000] ?? ''}`;
}

/** A member of a JSON object with a comma after it. */
function member(name: string, value: string | undefined): string {
  return value === undefined ? '' : `"${name}":${text(value)},`;
}

function principalOf({ principal }: Call): string | undefined {
  return principal === undefined ? undefined : `${principal.kind}:${principal.subject}`;
}

const PLAIN_TEXT = /^[\w./:,[\]-]*$/;

function text(value: string): string {
  return PLAIN_TEXT.test(value) ? `"${value}"` : JSON.stringify(value);
}

const NO_IDS = {};

/** Without tracing, the ids of the caller's span. */
function idsOf(traceparent: string | undefined): { traceId?: string; spanId?: string } {
  if (traceparent === undefined) return NO_IDS;
  const [, traceId = '', spanId = ''] = traceparent.split('-');
  return { traceId, spanId };
}

function traceparentOf({ headers }: Call): string | undefined {
  const value = headerText(headers, 'traceparent');
  return value !== undefined && TRACEPARENT.test(value) ? value : undefined;
}
