import { fromCall, type CallOptions } from 'personguide';
import { OrderState } from 'personguide/gen/orders/orders';
import { DirectoryError, type Call, type Log } from 'personguide/server';
import type { OrderStore, StoredOrder } from './order-store.js';
import { cancelOrder, payRelease, placeOrder } from './place-order.js';
import type { Needed } from './steps.js';

/** What brings orders to their end: at most one work at a time on each. */
export interface OrderWork {
  /**
   * Resolves with the order CONFIRMED or REJECTED. A CANCELLED one is tried again. Fails with
   * `unavailable` when it can be neither now.
   */
  finish(orderId: number, call: Call): Promise<StoredOrder>;
  /** Finishes what crashes and failures have left: PENDING orders and owed releases. */
  sweep(): Promise<void>;
  /** Resolves once nothing is under way. */
  idle(): Promise<void>;
}

/** How many orders a sweep works on at a time. */
const SWEEP_WIDTH = 32;

/** The work on the orders of that store. */
export function createOrderWork(store: OrderStore, needed: Needed, log: Log): OrderWork {
  const underWay = new Map<number, Promise<StoredOrder>>();

  function begin(orderId: number, work: () => Promise<StoredOrder>): Promise<StoredOrder> {
    const running = work().finally(() => underWay.delete(orderId));
    underWay.set(orderId, running);
    return running;
  }

  async function placeFor(call: Call, order: StoredOrder): Promise<StoredOrder> {
    const placing = { store, needed, options: () => fromCall(call) };
    const pending = isCancelled(order) ? await store.decide(order.OrderID, again) : order;
    try {
      return await placeOrder(pending, placing);
    } catch (error) {
      const callerLeft = call.signal.aborted || Date.now() >= call.deadlineMs;
      const reason = callerLeft ? 'CALLER_LEFT' : codeOf(error);
      if (reason !== undefined && codeOf(error) !== 'ORDER_PENDING') {
        await cancelOrder(pending, reason, placing);
      }
      throw error;
    }
  }

  async function sweepOne(order: StoredOrder): Promise<StoredOrder> {
    const options: CallOptions = { metadata: { 'x-request-id': order.requestId } };
    if (order.releaseOwed) return payRelease(order, store, needed, options);
    return placeOrder(order, { store, needed, options: () => options });
  }

  async function sweepQuietly(orderId: number): Promise<void> {
    try {
      await begin(orderId, () => sweepOne(store.get(orderId)));
    } catch (error) {
      log.warn({ order: orderId, err: error }, 'an order stays unfinished until the next sweep');
    }
  }

  return {
    async finish(orderId, call) {
      for (;;) {
        const running = underWay.get(orderId);
        const order = store.get(orderId);
        if (isDecided(order)) return order;
        if (running === undefined) return begin(orderId, () => placeFor(call, order));
        // Somebody else waits for the same order; if that one leaves, this one goes on.
        await running.catch(() => undefined);
      }
    },

    async sweep() {
      const waiting = store.unfinished();
      const sweeper = async (): Promise<void> => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
          if (!underWay.has(id)) await sweepQuietly(id);
        }
      };
      await Promise.all(Array.from({ length: SWEEP_WIDTH }, sweeper));
    },

    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay.values());
    },
  };
}

const again = {
  state: OrderState.ORDER_STATE_PENDING,
  reason: '',
  reasonText: '',
  releaseOwed: false,
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
