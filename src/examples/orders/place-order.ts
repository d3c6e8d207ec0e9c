import type { CallOptions } from 'personguide';
import { OrderState } from 'personguide/gen/orders/orders';
import { DirectoryError } from 'personguide/server';
import type { Decision, OrderStore, StoredOrder } from './order-store.js';
import { checkCustomer, commit, release, reserve, type Needed, type Refusal } from './steps.js';

/** How often a reservation may expire before its commit until the order gives up. */
const MAX_RESERVATIONS = 3;
/** How long a caller waits for a release that a sweep can do as well. */
const RELEASE_TIMEOUT_MS = 2_000;

/** What an order is placed with. */
export interface Placing {
  readonly store: OrderStore;
  readonly needed: Needed;
  /** For the calls on behalf of whoever waits: asked before each. */
  readonly options: () => CallOptions;
}

/**
 * Takes a PENDING order to CONFIRMED or REJECTED: is the customer verified, is there enough stock,
 * take it. Fails with `unavailable` when that cannot be known now; the order is still PENDING then.
 *
 * Each step may be repeated, so that an order which a crash left PENDING starts from the first one.
 * It is CONFIRMED only after the commit: a reservation can expire, and then its stock is sold to
 * somebody else.
 */
export async function placeOrder(order: StoredOrder, placing: Placing): Promise<StoredOrder> {
  const { store, needed, options } = placing;
  const refusal =
    (await checkCustomer(needed, order, options())) ?? (await takeStock(order, placing));
  return store.decide(order.OrderID, refusal === undefined ? confirmed : rejected(refusal));
}

async function takeStock(order: StoredOrder, placing: Placing): Promise<Refusal | undefined> {
  const { needed, options } = placing;
  for (let attempt = 0; attempt < MAX_RESERVATIONS; attempt += 1) {
    const refusal = await reserve(needed, order, options());
    if (refusal !== undefined) return refusal;
    const { signal, metadata } = options();
    signal?.throwIfAborted();
    // From here on the caller may leave: a cancelled commit would only leave it unknown.
    if (await commit(needed, order, { metadata })) return undefined;
  }
  throw new DirectoryError('unavailable', 'the reservations expire before they are committed', {
    code: 'INVENTORY_UNAVAILABLE',
  });
}

/** Gives an order up, once nobody waits for it or a service that it needs is down. */
export async function cancelOrder(
  order: StoredOrder,
  reason: string,
  { store, needed, options }: Placing,
): Promise<StoredOrder> {
  const decision = { state: OrderState.ORDER_STATE_CANCELLED, reason, reasonText: '' };
  const cancelled = await store.decide(order.OrderID, { ...decision, releaseOwed: true });
  const { metadata } = options();
  return payRelease(cancelled, store, needed, { metadata, timeoutMs: RELEASE_TIMEOUT_MS });
}

/** Releases what a decided order may still hold. If the inventory does not answer, that stays owed. */
export async function payRelease(
  order: StoredOrder,
  store: OrderStore,
  needed: Needed,
  options: CallOptions,
): Promise<StoredOrder> {
  if (!(await release(needed, order, options))) return order;
  return store.decide(order.OrderID, { ...order, releaseOwed: false });
}

const confirmed = {
  state: OrderState.ORDER_STATE_CONFIRMED,
  reason: '',
  reasonText: '',
  releaseOwed: false,
};

function rejected(refusal: Refusal): Decision {
  return { state: OrderState.ORDER_STATE_REJECTED, ...refusal, releaseOwed: false };
}
