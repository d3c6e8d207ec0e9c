import { status } from '@grpc/grpc-js';
import { EventEmitter, getMaxListeners, setMaxListeners } from 'node:events';
import { isObject } from './option-rules.js';

/** Calls `listener.handleEvent` when the signal is aborted, until the listener is removed. */
export function listenToAbort(signal: AbortSignal, listener: { handleEvent(): void }): void {
  allowMany(signal);
  signal.addEventListener('abort', listener);
}

/** The status code of a call whose signal was aborted with this reason. */
export function abortCodeOf(reason: unknown): number {
  const isTimeout = isObject(reason) && 'name' in reason && reason.name === 'TimeoutError';
  return isTimeout ? status.DEADLINE_EXCEEDED : status.CANCELLED;
}

/** One signal may end a hundred calls; Node warns of a leak from the eleventh listener on. */
function allowMany(signal: AbortSignal): void {
  try {
    // A limit that the owner of the signal has set is kept.
    if (getMaxListeners(signal) === EventEmitter.defaultMaxListeners) setMaxListeners(0, signal);
  } catch {
    // This is not a signal of Node, so there is no limit to lift.
  }
}
