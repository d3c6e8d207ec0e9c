import type { CallOptions } from 'personguide';
import { OrderState } from 'personguide/gen/orders/orders';
import { DirectoryError } from 'personguide/server';
import type { Decision, OrderStore, StoredOrder } from './order-store.js';
import { checkCustomer, commit, release, reserve, type Backends, type Rejection } from './steps.js';

/** How often an order reserves before it gives up, if its reservations expire before the commit. */
const MAX_RESERVATIONS = 3;
/** How long a caller waits for a release; a sweep does it later if it takes longer. */
const RELEASE_TIMEOUT_MS = 2_000;

/** What the work on an order uses. */
export interface OrderContext {
  readonly store: OrderStore;
  readonly backends: Backends;
  /** Returns the options of the next call to a backend, such as the time that is left. */
  readonly options: () => CallOptions;
}

/**
 * Decides a PENDING order: checks the customer, reserves the stock and commits it. Resolves with the
 * order CONFIRMED or REJECTED. Rejects with `unavailable` if a backend is not available; the
 * order is still PENDING then.
 *
 * Each step can be retried, so an order that a crash left PENDING starts from the first step. The
 * order is CONFIRMED only after the commit: before it, the reservation can expire and its stock can
 * go to another order.
 */
export async function placeOrder(order: StoredOrder, context: OrderContext): Promise<StoredOrder> {
  const { store, backends, options } = context;
  const rejection =
    (await checkCustomer(backends, order, options())) ?? (await takeStock(order, context));
  return store.decide(order.OrderID, rejection === undefined ? confirmed : rejected(rejection));
}

async function takeStock(
  order: StoredOrder,
  context: OrderContext,
): Promise<Rejection | undefined> {
  const { backends, options } = context;
  for (let attempt = 0; attempt < MAX_RESERVATIONS; attempt += 1) {
    const rejection = await reserve(backends, order, options());
    if (rejection !== undefined) return rejection;
    const { signal, metadata } = options();
    signal?.throwIfAborted();
    // The commit does not get the caller's signal: cancelled, it might still have taken the stock.
    if (await commit(backends, order, { metadata })) return undefined;
  }
  throw new DirectoryError('unavailable', 'each reservation expired before its commit', {
    code: 'INVENTORY_UNAVAILABLE',
  });
}

/** Cancels an order whose caller has left, or that a backend cannot process now. */
export async function cancelOrder(
  order: StoredOrder,
  reason: string,
  { store, backends, options }: OrderContext,
): Promise<StoredOrder> {
  const decision = { state: OrderState.ORDER_STATE_CANCELLED, reason, reasonText: '' };
  const cancelled = await store.decide(order.OrderID, { ...decision, releasePending: true });
  const { metadata } = options();
  return releaseStock(cancelled, store, backends, { metadata, timeoutMs: RELEASE_TIMEOUT_MS });
}

/**
 * Releases the stock that a cancelled order may still have reserved. If the inventory is not
 * available, the release stays pending.
 */
export async function releaseStock(
  order: StoredOrder,
  store: OrderStore,
  backends: Backends,
  options: CallOptions,
): Promise<StoredOrder> {
  if (!(await release(backends, order, options))) return order;
  return store.decide(order.OrderID, { ...order, releasePending: false });
}

const confirmed = {
  state: OrderState.ORDER_STATE_CONFIRMED,
  reason: '',
  reasonText: '',
  releasePending: false,
};

function rejected(rejection: Rejection): Decision {
  return { state: OrderState.ORDER_STATE_REJECTED, ...rejection, releasePending: false };
}
