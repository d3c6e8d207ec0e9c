import type { Order } from 'personguide/gen/orders/orders';
import { DirectoryError } from 'personguide/server';
import type { OrderStore } from './order-store.js';

const PAGE_SIZE = 500;
/** How many changed orders are kept for a slow reader. */
const MAX_CHANGED = 10_000;

/**
 * Yields the orders of one customer, or of all customers for 0: first all existing ones, then each
 * one that changes, until the signal aborts. If an order changes several times before the reader
 * takes it, only its last state is yielded. Throws `exhausted` if the reader is more than 10,000
 * changed orders behind.
 */
export async function* watchOrders(
  store: OrderStore,
  customerId: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Order[]> {
  const changed = new Map<number, Order>();
  let wake: () => void = () => undefined;
  const unwatch = store.watch((order) => {
    if (customerId !== 0 && order.CustomerID !== customerId) return;
    if (changed.size <= MAX_CHANGED) changed.set(order.OrderID, order);
    wake();
  });
  const onAbort = (): void => {
    wake();
  };
  signal.addEventListener('abort', onAbort);
  try {
    yield* existingOrders(store, customerId);
    while (!signal.aborted) {
      if (changed.size > MAX_CHANGED) throw readerTooSlow();
      const orders = [...changed.values()];
      changed.clear();
      if (orders.length > 0) yield orders;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unwatch();
    signal.removeEventListener('abort', onAbort);
  }
}

async function* existingOrders(
  store: OrderStore,
  customerId: number,
): AsyncGenerator<readonly Order[]> {
  let afterId = 0;
  for (;;) {
    const page = store.list({ customerId, states: [], afterId, limit: PAGE_SIZE });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    afterId = last.OrderID;
  }
}

function readerTooSlow(): DirectoryError {
  const text = `more than ${MAX_CHANGED} changed orders are waiting to be read; watch again`;
  return new DirectoryError('exhausted', text, { code: 'WATCH_TOO_SLOW' });
}
