import { EventEmitter, getMaxListeners, setMaxListeners } from 'node:events';

/** Has `listener.handleEvent` called when the signal is aborted, until it is removed. */
export function listenToAbort(signal: AbortSignal, listener: { handleEvent(): void }): void {
  allowMany(signal);
  signal.addEventListener('abort', listener);
}

/** One signal may well end a hundred calls; Node warns of a leak from the eleventh listener on. */
function allowMany(signal: AbortSignal): void {
  try {
    // A limit that the signal's owner has set is left alone.
    if (getMaxListeners(signal) === EventEmitter.defaultMaxListeners) setMaxListeners(0, signal);
  } catch {
    // Not one of Node's own signals: there is no limit to lift.
  }
}
