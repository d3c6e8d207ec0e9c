import type { ServerReadableStream } from '@grpc/grpc-js';
import { afterHalfClose, endsInsideMessage } from './half-close.js';
import type { OpenCall } from './open-call.js';
import { Undecodable } from './wire-definition.js';

/**
 * The requests of a streaming call, in order, to be read once: either one by one with `for await`
 * or in batches. Reading ends a round trip after the client has half-closed, and throws when the
 * call is over before that (CallOver), or at a request that cannot be decoded (DirectoryError,
 * reason invalid). Nothing beyond a small bound is taken from the client before it is asked for.
 */
export interface Requests<Req> extends AsyncIterable<Req> {
  /** The requests that have arrived since the last batch, at least one each time. */
  batches(): AsyncIterable<Req[]>;
}

/** The requests of a call of grpc-js. */
export function requestsOf<Req>(
  call: ServerReadableStream<Req, unknown>,
  opened: OpenCall,
): Requests<Req> {
  const batches = (): AsyncGenerator<Req[], void, undefined> => readBatches(call, opened);
  return {
    batches,
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches()) {
        for (const request of batch) {
          opened.throwIfAborted();
          yield request;
        }
      }
    },
  };
}

async function* readBatches<Req>(
  call: ServerReadableStream<Req, unknown>,
  opened: OpenCall,
): AsyncGenerator<Req[], void, undefined> {
  const arrivals = watchArrivals(call, opened);
  try {
    for (;;) {
      opened.throwIfAborted();
      const batch = takeArrived(call, opened);
      if (batch.length > 0) yield batch;
      else if (call.readableEnded) break;
      else await arrivals.next();
    }
    if (endsInsideMessage(call)) throw new Undecodable('cut off').refusal();
    await afterHalfClose(call);
    opened.throwIfAborted();
  } finally {
    arrivals.stop();
  }
}

function takeArrived<Req>(call: ServerReadableStream<Req, unknown>, opened: OpenCall): Req[] {
  const batch: Req[] = [];
  for (;;) {
    const request = call.read() as Req | null;
    if (request === null) break;
    opened.received += 1;
    if (request instanceof Undecodable) throw request.refusal();
    batch.push(request);
  }
  return batch;
}

function watchArrivals(
  call: ServerReadableStream<unknown, unknown>,
  opened: OpenCall,
): { next(): Promise<void>; stop(): void } {
  let wake: (() => void) | undefined;
  const onArrival = (): void => wake?.();
  call.on('readable', onArrival).on('end', onArrival);
  const offAbort = opened.onAbort(onArrival);
  return {
    next: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    stop() {
      call.off('readable', onArrival).off('end', onArrival);
      offAbort();
    },
  };
}
