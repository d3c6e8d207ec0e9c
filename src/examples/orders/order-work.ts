import { fromCall, type CallOptions } from 'personguide';
import { OrderState } from 'personguide/gen/orders/orders';
import { DirectoryError, type Call, type Log } from 'personguide/server';
import type { OrderStore, StoredOrder } from './order-store.js';
import { cancelOrder, placeOrder, releaseStock } from './place-order.js';
import type { Backends } from './steps.js';

/** The work that decides orders; it runs at most once at a time for each order. */
export interface OrderWork {
  /**
   * Decides an order on behalf of a call, and resolves with it CONFIRMED or REJECTED. A CANCELLED
   * order is tried again. Rejects with `unavailable` if the order cannot be decided now.
   */
  finish(orderId: number, call: Call): Promise<StoredOrder>;
  /** Completes what crashes and failures have left: PENDING orders and pending releases. */
  sweep(): Promise<void>;
  /** Resolves once no work is active. */
  idle(): Promise<void>;
}

/** How many orders a sweep works on concurrently. */
const SWEEP_CONCURRENCY = 32;

/** Creates the work on the orders of a store. */
export function createOrderWork(store: OrderStore, backends: Backends, log: Log): OrderWork {
  const active = new Map<number, Promise<StoredOrder>>();

  function run(orderId: number, work: () => Promise<StoredOrder>): Promise<StoredOrder> {
    const running = work().finally(() => active.delete(orderId));
    active.set(orderId, running);
    return running;
  }

  async function placeFor(call: Call, order: StoredOrder): Promise<StoredOrder> {
    const context = { store, backends, options: () => fromCall(call) };
    const pending = isCancelled(order) ? await store.decide(order.OrderID, pendingAgain) : order;
    try {
      return await placeOrder(pending, context);
    } catch (error) {
      const callerLeft = call.signal.aborted || Date.now() >= call.deadlineMs;
      const reason = callerLeft ? 'CALLER_LEFT' : codeOf(error);
      if (reason !== undefined && codeOf(error) !== 'ORDER_PENDING') {
        await cancelOrder(pending, reason, context);
      }
      throw error;
    }
  }

  async function sweepOne(order: StoredOrder): Promise<StoredOrder> {
    const options: CallOptions = { metadata: { 'x-request-id': order.requestId } };
    if (order.releasePending) return releaseStock(order, store, backends, options);
    return placeOrder(order, { store, backends, options: () => options });
  }

  async function sweepAndLog(orderId: number): Promise<void> {
    try {
      await run(orderId, () => sweepOne(store.get(orderId)));
    } catch (error) {
      log.warn(
        { order: orderId, err: error },
        'an order could not be completed; the next sweep retries it',
      );
    }
  }

  return {
    async finish(orderId, call) {
      for (;;) {
        const running = active.get(orderId);
        const order = store.get(orderId);
        if (isDecided(order)) return order;
        if (running === undefined) return run(orderId, () => placeFor(call, order));
        // Another call works on the same order. If its caller leaves, this call continues the work.
        await running.catch(() => undefined);
      }
    },

    async sweep() {
      const waiting = store.unfinished();
      const sweeper = async (): Promise<void> => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
          if (!active.has(id)) await sweepAndLog(id);
        }
      };
      await Promise.all(Array.from({ length: SWEEP_CONCURRENCY }, sweeper));
    },

    async idle() {
      while (active.size > 0) await Promise.allSettled(active.values());
    },
  };
}

const pendingAgain = {
  state: OrderState.ORDER_STATE_PENDING,
  reason: '',
  reasonText: '',
  releasePending: false,
};

function isCancelled({ state }: StoredOrder): boolean {
  return state === OrderState.ORDER_STATE_CANCELLED;
}

function isDecided({ state }: StoredOrder): boolean {
  return state === OrderState.ORDER_STATE_CONFIRMED || state === OrderState.ORDER_STATE_REJECTED;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof DirectoryError ? error.code : undefined;
}
