import { WrittenIds, type WriteContext } from '../directory/written-ids.js';
import type { Call } from '../rpc/index.js';

/** What a write needs of its call, which receives the ids that are written. */
export function writeContext(call: Call): WriteContext {
  const { idempotencyKey } = call;
  return { signal: call.cancellation, onWritten: noteIn(call), idempotencyKey };
}

/** As writeContext, for a call that cannot be retried with a key. */
export function importContext(call: Call): WriteContext {
  return { signal: call.cancellation, onWritten: noteIn(call) };
}

function noteIn(call: Call): (ids: readonly number[]) => void {
  return (ids) => {
    call.written ??= new WrittenIds();
    call.written.add(ids);
  };
}
