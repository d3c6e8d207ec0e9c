import { pino, type Logger } from 'pino';
import { status } from '@grpc/grpc-js';
import type { EndedCall } from '../rpc/index.js';

/** A log whose lines are JSON on standard output. */
export interface Log extends Logger {
  /** Writes out what is still held back; resolves also when nobody reads it any more. */
  close(): Promise<void>;
}

/** What an OK call that nobody looks at closely would cost is mostly its own write: hold lines back. */
const HOLD_BYTES = 8 * 1024;
const HOLD_MS = 100;

/** The statuses that someone should look into. */
const ourFault = new Set<number>([status.INTERNAL, status.UNKNOWN, status.DATA_LOSS]);

/** A W3C trace context header: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Opens a log of that level. Lines are written within 100 ms, and all of them at close. */
export function openLog(level: string): Log {
  const destination = pino.destination({
    dest: 1,
    sync: false,
    minLength: HOLD_BYTES,
    periodicFlush: HOLD_MS,
  });
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return Object.assign(log, {
    // Not flushSync: when the reader is gone it tries again for ever.
    close: () =>
      new Promise<void>((resolve) => {
        destination.once('error', () => {
          resolve();
        });
        destination.flush(() => {
          resolve();
        });
      }),
  });
}

/** Writes the one line of a call that has ended. It holds no name, email or phone number. */
export function logCall(log: Pick<Logger, 'info' | 'error'>, call: EndedCall): void {
  const { method, code, durationMs, peer, requestId, received, sent, error } = call;
  const line = {
    method,
    status: status[code],
    durationMs: Math.round(durationMs * 1000) / 1000,
    peer,
    requestId,
    received,
    sent,
    traceparent: traceparentOf(call),
    err: error,
  };
  if (ourFault.has(code)) log.error(line, 'call');
  else log.info(line, 'call');
}

function traceparentOf({ metadata }: EndedCall): string | undefined {
  const [value] = metadata.get('traceparent');
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined;
}
