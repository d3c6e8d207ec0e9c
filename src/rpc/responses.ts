import type { Method } from './method.js';
import type { ServerCall } from './server-call.js';
import type { Wire } from './wire.js';

/** What a streaming handler yields: a response (a message or its wire form), or several in an array. */
export type Responses<Res> = AsyncIterable<Res | Uint8Array | readonly (Res | Uint8Array)[]>;

/** How much of a page is sent in one write. */
const WRITE_BYTES = 64 * 1024;

/**
 * Sends what a handler yields, then the status, and settles the call. Never rejects. Asks for more
 * only while the client reads; calls `return()` of the iterator if the call ends before it does.
 */
export async function sendResponses(
  call: ServerCall,
  wire: Wire,
  target: Method,
  responses: () => Responses<unknown>,
): Promise<void> {
  try {
    await sendAll(call, wire, target, responses()[Symbol.asyncIterator]());
    if (!call.ended) await flushed(call, wire);
    call.finish(call.ok());
  } catch (error) {
    call.fail(error);
  }
  call.settle();
}

async function sendAll(
  call: ServerCall,
  wire: Wire,
  target: Method,
  iterator: AsyncIterator<unknown>,
): Promise<void> {
  let abandoned: Promise<unknown> | undefined;
  const abandon = (): void => {
    abandoned ??= iterator.return?.().catch(() => undefined);
  };
  const removeListener = call.onAbort(abandon);
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true || call.ended) break;
      await sendPage(call, wire, target, next.value).catch((error: unknown) => {
        abandon();
        throw error;
      });
    }
  } finally {
    removeListener();
    await abandoned;
  }
}

async function sendPage(
  call: ServerCall,
  wire: Wire,
  target: Method,
  value: unknown,
): Promise<void> {
  const page: readonly unknown[] = Array.isArray(value) ? value : [value];
  let write: Uint8Array[] = [];
  let bytes = 0;
  for (const [index, response] of page.entries()) {
    const message = target.encode(response);
    write.push(message);
    bytes += message.length;
    if (bytes < WRITE_BYTES && index < page.length - 1) continue;
    const hasRoom = wire.send(write);
    call.sent += write.length;
    // Waiting only when there is no room avoids a promise per message.
    if (!hasRoom) {
      call.unsentBytes = sizeOf(page, index + 1);
      await drained(call);
      call.unsentBytes = 0;
    }
    if (call.ended) return;
    write = [];
    bytes = 0;
  }
}

/** About how much memory the rest of a page takes; each buffer has 200 bytes besides its own. */
function sizeOf(page: readonly unknown[], from: number): number {
  let bytes = 0;
  for (let index = from; index < page.length; index += 1) {
    const response = page[index];
    bytes += 200 + (response instanceof Uint8Array ? response.length : 0);
  }
  return bytes;
}

/** Resolves when the client reads on, or when the call has ended. */
function drained(call: ServerCall): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.drained = undefined;
      removeListener();
      resolve();
    };
    call.drained = done;
    const removeListener = call.onAbort(done);
  });
}

/** Resolves when everything sent has left, or when the call has ended. */
function flushed(call: ServerCall, wire: Wire): Promise<void> {
  return new Promise((resolve) => {
    call.flushing = true;
    const removeListener = call.onAbort(resolve);
    void wire.flush().then(() => {
      call.flushing = false;
      removeListener();
      resolve();
    });
  });
}
