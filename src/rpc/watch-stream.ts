import { status } from '@grpc/grpc-js';
import type { OpenCall, SurfaceCall } from './open-call.js';

const longestTimerMs = 2 ** 31 - 1;

/**
 * Aborts a streaming call when the client is gone or the deadline has passed. grpc-js announces a
 * deadline only after all that was written before has left: a client that does not read would hold
 * the handler for ever, so a timer of our own stands beside it.
 */
export function watchStream(call: SurfaceCall, opened: OpenCall): void {
  call.once('cancelled', () => {
    opened.cancelled();
  });
  if (opened.deadlineMs === Infinity) return;
  const leftMs = Math.max(opened.deadlineMs - Date.now(), 0) + 1;
  if (leftMs > longestTimerMs) return;
  opened.timer = setTimeout(() => {
    opened.abort(status.DEADLINE_EXCEEDED);
  }, leftMs);
}
