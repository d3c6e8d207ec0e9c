import type { Order } from 'personguide/gen/orders/orders';
import { DirectoryError } from 'personguide/server';
import type { OrderStore } from './order-store.js';

const PAGE_SIZE = 500;
/** How many changed orders wait for a slow reader. */
const MAX_WAITING = 10_000;

/**
 * The orders of one customer, or of all for 0: as they are, and then as they change, until the
 * signal aborts. Changes of an order that its reader has not taken yet become one. Fails with
 * `exhausted` when the reader is 10,000 orders behind.
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
    if (changed.size <= MAX_WAITING) changed.set(order.OrderID, order);
    wake();
  });
  const onAbort = (): void => {
    wake();
  };
  signal.addEventListener('abort', onAbort);
  try {
    yield* ordersAsTheyAre(store, customerId);
    while (!signal.aborted) {
      if (changed.size > MAX_WAITING) throw tooSlow();
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

async function* ordersAsTheyAre(
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

function tooSlow(): DirectoryError {
  const text = `more than ${MAX_WAITING} changed orders wait to be read; watch again`;
  return new DirectoryError('exhausted', text, { code: 'WATCH_TOO_SLOW' });
}
