import { EventEmitter, getMaxListeners, setMaxListeners } from 'node:events';

/** Calls `listener.handleEvent` when the signal is aborted, until the listener is removed. */
export function listenToAbort(signal: AbortSignal, listener: { handleEvent(): void }): void {
  allowMany(signal);
  signal.addEventListener('abort', listener);
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
