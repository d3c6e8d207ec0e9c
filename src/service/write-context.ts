import { WrittenIds, type WriteContext } from '../directory/written-ids.js';
import type { Call } from '../rpc/index.js';

/** What a write needs of its call, which receives the ids that are written. */
export function writeContext(call: Call): WriteContext {
  const { idempotencyKey } = call;
  return { ...importContext(call), idempotencyKey };
}

/** As writeContext, for a call that cannot be retried with a key. */
export function importContext(call: Call): WriteContext {
  return {
    signal: call.cancellation,
    onWritten: (ids) => {
      call.written ??= new WrittenIds();
      call.written.add(ids);
    },
  };
}
