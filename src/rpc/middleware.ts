import type { Call } from './call.js';
import type { ServerCall } from './server-call.js';

/**
 * Wraps the calls of a server. It runs when the headers have arrived and before any message is read:
 * - it continues with `next()`, before it returns or before its promise resolves;
 * - it refuses the call by throwing (or rejecting with) a PublicError instead;
 * - it observes the end, and may replace the status, with `call.onEnd(...)`;
 * - what the handler does runs in the async context that `next` was called in, so that
 *   `(call, next) => storage.run(value, next)` gives the handler a value of an AsyncLocalStorage.
 *
 * Middleware that returns no promise costs a unary call no promise.
 */
export type Middleware = (call: Call, next: () => void) => void | Promise<void>;

/** Runs the middleware in order, then the call. */
export function runMiddleware(list: readonly Middleware[], call: ServerCall): void {
  runFrom(0, list, call);
}

function runFrom(index: number, list: readonly Middleware[], call: ServerCall): void {
  const middleware = list[index];
  if (middleware === undefined) {
    call.run();
    return;
  }
  let passed = false;
  const next = (): void => {
    if (passed || call.ended) return;
    passed = true;
    runFrom(index + 1, list, call);
  };
  const finished = (): void => {
    if (!passed) call.fail(new Error('a middleware neither called next() nor threw'));
  };
  try {
    const pending = middleware(call, next);
    if (pending === undefined) finished();
    else void waitFor(pending, call, finished);
  } catch (error) {
    call.fail(error);
  }
}

async function waitFor(
  pending: Promise<void>,
  call: ServerCall,
  finished: () => void,
): Promise<void> {
  try {
    await pending;
    finished();
  } catch (error) {
    call.fail(error);
  }
}
