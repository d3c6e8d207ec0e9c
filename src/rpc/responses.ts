import type { Method } from './method.js';
import type { ServerCall } from './server-call.js';
import type { Wire } from './wire.js';

/** What a streaming handler yields: a response (a message or its wire form), or several in an array. */
export type Responses<Res> = AsyncIterable<Res | Uint8Array | readonly (Res | Uint8Array)[]>;

/** How much of a page is sent in one write. */
const WRITE_BYTES = 64 * 1024;

/**
 * Sends what a handler yields, then the status, and settles the call. Never rejects. Asks for more
 * only while the client reads, and when it is the stream's turn; calls `return()` of the iterator if
 * the call ends before it does.
 */
export async function sendResponses(
  call: ServerCall,
  wire: Wire,
  target: Method,
  responses: () => Responses<unknown>,
): Promise<void> {
  const { room } = call.turns;
  room.join();
  try {
    const sender = new ResponseSender(call, wire, target, responses()[Symbol.asyncIterator]());
    await sender.sendAll();
    if (!call.ended) await flushed(call, wire);
    call.finish(call.ok());
  } catch (error) {
    call.fail(error);
  }
  room.leave();
  call.settle();
}

class ResponseSender {
  readonly #call: ServerCall;
  readonly #wire: Wire;
  readonly #target: Method;
  readonly #iterator: AsyncIterator<unknown>;
  #abandoned: Promise<unknown> | undefined;
  /** Resolves when there is room again; undefined if there is. */
  #room: Promise<void> | undefined;

  constructor(call: ServerCall, wire: Wire, target: Method, iterator: AsyncIterator<unknown>) {
    this.#call = call;
    this.#wire = wire;
    this.#target = target;
    this.#iterator = iterator;
  }

  async sendAll(): Promise<void> {
    const removeListener = this.#call.onAbort(this.#abandon);
    try {
      while (await this.#sendNext()) {
        // The page that was sent is not held meanwhile.
        if (this.#room !== undefined) await this.#room;
        this.#room = undefined;
      }
    } finally {
      removeListener();
      await this.#abandoned;
    }
  }

  readonly #abandon = (): void => {
    this.#abandoned ??= this.#iterator.return?.().catch(() => undefined);
  };

  /** Sends what the handler yields next; resolves with whether there may be more. */
  async #sendNext(): Promise<boolean> {
    const turn = this.#call.turns.nextPart(this.#call);
    if (turn !== undefined) await turn;
    const next = await this.#iterator.next();
    if (next.done === true || this.#call.ended) return false;
    try {
      await this.#sendPage(next.value);
    } catch (error) {
      this.#abandon();
      throw error;
    }
    return true;
  }

  async #sendPage(value: unknown): Promise<void> {
    const call = this.#call;
    const page: readonly unknown[] = Array.isArray(value) ? value : [value];
    let write: Uint8Array[] = [];
    let bytes = 0;
    for (const [index, response] of page.entries()) {
      const message = this.#target.encode(response);
      write.push(message);
      bytes += message.length;
      const isLast = index === page.length - 1;
      if (bytes < WRITE_BYTES && !isLast) continue;
      const hasRoom = this.#wire.send(write, call.pageBytes);
      call.sent += write.length;
      // Waiting only when there is no room avoids a promise per message.
      if (!hasRoom) this.#room = drained(call);
      if (!hasRoom && !isLast) {
        call.unsentBytes = sizeOf(page);
        await this.#room;
        call.unsentBytes = 0;
      }
      if (call.ended) return;
      write = [];
      bytes = 0;
    }
  }
}

/**
 * About how much memory a page takes; each buffer has 200 bytes besides its own, and may be a part
 * of that of the whole page.
 */
function sizeOf(page: readonly unknown[]): number {
  let bytes = 0;
  for (const response of page) {
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
