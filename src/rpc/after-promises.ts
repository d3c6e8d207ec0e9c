const done = Promise.resolve();

/** Calls back when no promise and no tick has anything left to do, in the same turn of the event loop. */
export function afterPromises(callback: () => void): void {
  // Node runs ticks when all promises are done, but those of a callback before its promises. Fake
  // timers of tests also replace queueMicrotask, and would stop the server.
  void done.then(() => {
    process.nextTick(callback);
  });
}
